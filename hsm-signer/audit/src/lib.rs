//! The audit log: one record for each signature that was released, hash-chained, with
//! checkpoints signed in the HSM.
//!
//! | | |
//! |---|---|
//! | [`Record`] | what is written down of a signature, and its encoding |
//! | [`chain`] | how each record's hash covers all before it |
//! | [`Statement`] | what the HSM signs: how far a chain has come, what was pruned |
//! | [`verify`] | whether a log is what was written; what can be found out, and what not |
//! | [`Line`] | the log as JSON lines |
//! | [`store`] | every answer and its record, durable before it is released |

#[cfg(all(feature = "fips", feature = "postgres"))]
compile_error!(
    "the features `fips` and `postgres` are both asked for: PostgreSQL's driver hashes by itself and \
     brings another AWS-LC; in FIPS mode the audit log is in SQLite (`default-features = false`)"
);

pub mod chain;
mod checkpoint_line;
mod encoding;
mod fips;
mod json;
mod lines;
mod record;
mod request;
mod statement;
pub mod store;
mod stored_record;
mod sync;
pub mod verify;

pub use chain::Chain;
pub use checkpoint_line::{CHECKPOINT_MARK, checkpoint_line, find_checkpoint};
pub use fips::FipsMark;
pub use lines::{Line, LineError};
pub use record::{Caller, Record};
pub use request::RequestKey;
pub use statement::{
    Kind, SignedStatement, SignerFailure, Statement, StatementSigner, VerifyingKey,
};
pub use stored_record::StoredRecord;
pub use verify::{Fault, Finding, Report, Trust, Verification};
