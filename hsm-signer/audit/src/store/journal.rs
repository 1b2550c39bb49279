//! What the writer needs of a database: one connection that writes.

use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;

use super::claims::Answer;
use super::error::StoreError;
use crate::SignedStatement;
use crate::chain::{Chain, Hash};
use crate::request::Digest;

/// A record and its answer, as they are stored.
pub(super) struct Row {
    pub(super) tenant: String,
    pub(super) sequence: u64,
    pub(super) request: Digest,
    pub(super) encoded: Vec<u8>,
    pub(super) hash: Hash,
    pub(super) message: Vec<u8>,
    pub(super) proposal_ref: Vec<u8>,
}

type Done<T> = Result<T, StoreError>;

/// A connection that writes. After an error it is not used again before
/// [`recover`](Self::recover) succeeds; what was begun does not become visible, unless the
/// error was that of [`commit`](Self::commit), which may have happened or not.
pub(super) trait Journal: Send + 'static {
    /// Opens a new connection, makes durable what an earlier one may have left, and proves it
    /// with a transaction.
    fn recover(&mut self) -> impl Future<Output = Done<()>> + Send;

    /// Begins a transaction.
    fn begin(&mut self) -> impl Future<Output = Done<()>> + Send;

    /// Where these tenants' chains end. Nobody else extends them before the transaction ends.
    /// The tenants are in alphabetical order, so that no two wait for each other.
    fn chains(&mut self, tenants: &[String]) -> impl Future<Output = Done<Vec<Chain>>> + Send;

    /// Adds a chain, unless the tenant has one.
    fn add_chain(&mut self, chain: &Chain) -> impl Future<Output = Done<()>> + Send;

    /// The answers that are stored for some of these requests.
    fn answers(
        &mut self,
        requests: &[Digest],
    ) -> impl Future<Output = Done<HashMap<Digest, Answer>>> + Send;

    /// Adds rows.
    fn add_rows(&mut self, rows: &[Row]) -> impl Future<Output = Done<()>> + Send;

    /// Writes down where these chains begin and end now.
    fn move_chains(&mut self, chains: &[Chain]) -> impl Future<Output = Done<()>> + Send;

    /// Adds a statement.
    fn add_statement(
        &mut self,
        statement: &SignedStatement,
    ) -> impl Future<Output = Done<()>> + Send;

    /// Removes a tenant's rows up to `sequence`, and the statements before it.
    fn remove_rows(&mut self, tenant: &str, sequence: u64)
    -> impl Future<Output = Done<()>> + Send;

    /// Ends the transaction; what it did is durable when this returns. Gives the time that
    /// it took.
    fn commit(&mut self) -> impl Future<Output = Done<Duration>> + Send;

    /// Closes the connection.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

/// A sequence number as databases keep it.
pub(super) fn signed(sequence: u64) -> Done<i64> {
    i64::try_from(sequence).map_err(|_| StoreError::Corrupt("a sequence number".into()))
}

/// A sequence number that a database gave.
pub(super) fn unsigned(sequence: i64) -> Done<u64> {
    u64::try_from(sequence).map_err(|_| StoreError::Corrupt("a sequence number".into()))
}

/// 32 bytes that a database gave.
pub(super) fn hash(bytes: Vec<u8>) -> Done<[u8; 32]> {
    let hash = bytes.try_into();
    hash.map_err(|_| StoreError::Corrupt("a hash that has not 32 bytes".into()))
}

/// The columns of a chain, in the order of the table.
pub(super) type ChainColumns = (String, Vec<u8>, i64, Vec<u8>, i64, Vec<u8>);

/// A chain from its columns.
pub(super) fn chain(columns: ChainColumns) -> Done<Chain> {
    let (tenant, id, pruned, anchor, sequence, head) = columns;
    Ok(Chain {
        tenant,
        id: hash(id)?,
        pruned: unsigned(pruned)?,
        anchor: hash(anchor)?,
        sequence: unsigned(sequence)?,
        head: hash(head)?,
    })
}

/// The columns of an answer: request, message, ProposalRef, sequence.
pub(super) type AnswerColumns = (Vec<u8>, Vec<u8>, Vec<u8>, i64);

/// Answers from their columns.
pub(super) fn answers(rows: Vec<AnswerColumns>) -> Done<HashMap<Digest, Answer>> {
    let answer = |(request, message, proposal_ref, sequence)| {
        let answer = Answer {
            message,
            proposal_ref,
            sequence: unsigned(sequence)?,
        };
        Ok((hash(request)?, answer))
    };
    rows.into_iter().map(answer).collect()
}
