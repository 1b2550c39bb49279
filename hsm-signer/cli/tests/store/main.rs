//! The store and the audit log: against SQLite and PostgreSQL, against failing disks, kills,
//! restarts, and those who tamper.

mod claims;
mod command_line;
mod disk_faults;
mod kills;
mod measure;
mod opening;
mod replicas;
mod retention;
mod poolers;
mod stored_answers;
mod support;
mod tampering;
mod times;
mod witness;
