//! The audit log: one record for each signature that was released, hash-chained, with
//! checkpoints signed in the HSM.

pub mod chain;
mod message;
mod record;
mod statement;
pub(crate) mod wire;

pub use chain::Chain;
pub use message::ReleasedMessage;
pub use record::{Caller, Record};
pub(crate) use statement::signed;
pub use statement::{Kind, SignedStatement, Statement, StatementKey, StatementSigner};
