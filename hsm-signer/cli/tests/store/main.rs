//! The store and the audit log: against SQLite and PostgreSQL, against failing disks, kills,
//! restarts, and those who tamper.

mod claims;
mod command_line;
mod disk_faults;
mod kills;
mod measure;
mod opening;
mod poolers;
mod replicas;
mod retention;
mod stored_answers;
mod support;
mod tampering;
mod times;
mod witness;
