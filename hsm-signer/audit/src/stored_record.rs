//! A row of the log, as the database has it.

use crate::chain::Hash;

/// A row of the log, as it is stored: whether it is true is for
/// [`verify`](crate::verify) to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its place.
    pub sequence: u64,
    /// The name under which the answer is found; an export has none.
    pub request: Option<[u8; 32]>,
    /// The [`Record`](crate::Record).
    pub encoded: Vec<u8>,
    /// The chain's hash at it.
    pub hash: Hash,
    /// The MLSMessage that was released.
    pub message: Vec<u8>,
    /// Its ProposalRef.
    pub proposal_ref: Vec<u8>,
}
