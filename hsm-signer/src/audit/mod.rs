//! The audit log: one record for each signature that was released, hash-chained, with
//! checkpoints signed in the HSM.
//!
//! | | |
//! |---|---|
//! | [`Record`] | what is written down of a signature, and its encoding |
//! | [`chain`] | how each record's hash covers all before it |
//! | [`Statement`] | what the HSM signs: how far a chain has come, what was pruned |
//! | [`ReleasedMessage`] | what a released message says |
//! | [`verify`] | whether a log is what was written; what can be found out, and what not |
//! | [`Line`] | the log as JSON lines |
//!
//! [`Store`](crate::store::Store) writes the log.

pub mod chain;
mod lines;
mod message;
mod record;
mod statement;
pub mod verify;
pub(crate) mod wire;

pub use chain::Chain;
pub use lines::{Line, LineError};
pub use message::ReleasedMessage;
pub use record::{Caller, Record};
pub(crate) use statement::signed;
pub use statement::{Kind, SignedStatement, Statement, StatementSigner, VerifyingKey};
pub use verify::{Fault, Finding, Report, Trust, Verification};
