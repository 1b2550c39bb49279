//! Rows as the databases give and take them.

use std::collections::HashMap;

use super::claims::Answer;
use super::error::StoreError;
use crate::chain::{Chain, Hash};
use crate::request::Digest;

/// A record and its answer, as they are stored.
pub(super) struct Row {
    pub(super) tenant: String,
    pub(super) sequence: i64,
    pub(super) request: Digest,
    pub(super) encoded: Vec<u8>,
    pub(super) hash: Hash,
    pub(super) message: Vec<u8>,
    pub(super) proposal_ref: Vec<u8>,
}

/// A sequence number as databases keep it.
pub(super) fn signed(sequence: u64) -> Result<i64, StoreError> {
    i64::try_from(sequence).map_err(|_| StoreError::Corrupt("a sequence number".into()))
}

/// A sequence number that a database gave.
pub(super) fn unsigned(sequence: i64) -> Result<u64, StoreError> {
    u64::try_from(sequence).map_err(|_| StoreError::Corrupt("a sequence number".into()))
}

/// 32 bytes that a database gave.
pub(super) fn hash(bytes: Vec<u8>) -> Result<[u8; 32], StoreError> {
    let hash = bytes.try_into();
    hash.map_err(|_| StoreError::Corrupt("a hash that has not 32 bytes".into()))
}

/// The columns of a chain, in the order of the table.
pub(super) type ChainColumns = (String, Vec<u8>, i64, Vec<u8>, i64, Vec<u8>);

pub(super) fn chains(rows: Vec<ChainColumns>) -> Result<Vec<Chain>, StoreError> {
    let chain = |(tenant, id, pruned, anchor, sequence, head)| {
        Ok(Chain {
            tenant,
            id: hash(id)?,
            pruned: unsigned(pruned)?,
            anchor: hash(anchor)?,
            sequence: unsigned(sequence)?,
            head: hash(head)?,
        })
    };
    rows.into_iter().map(chain).collect()
}

/// The columns of an answer: request, message, ProposalRef, sequence.
pub(super) type AnswerColumns = (Vec<u8>, Vec<u8>, Vec<u8>, i64);

pub(super) fn answers(rows: Vec<AnswerColumns>) -> Result<HashMap<Digest, Answer>, StoreError> {
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
