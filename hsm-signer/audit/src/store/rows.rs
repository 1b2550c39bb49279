//! Rows as the databases give and take them.

use std::collections::HashMap;

use super::claims::{Answer, StoredAnswer};
use super::error::StoreError;
use crate::chain::{Chain, Hash};
use crate::request::Digest;
use crate::stored_record::StoredRecord;
use crate::{Record, SignedStatement, Statement, VerifyingKey};

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

/// A tenant's records after a sequence number, at most so many.
pub(super) const RECORDS: &str = "SELECT sequence, request, encoded, hash, message, proposal_ref \
     FROM record WHERE tenant = $1 AND sequence > $2 ORDER BY sequence LIMIT $3";

/// The columns of [`RECORDS`].
pub(super) type RecordColumns = (i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

pub(super) fn records(rows: Vec<RecordColumns>) -> Result<Vec<StoredRecord>, StoreError> {
    let record = |(sequence, request, encoded, hashed, message, proposal_ref)| {
        Ok(StoredRecord {
            sequence: unsigned(sequence)?,
            request: Some(hash(request)?),
            encoded,
            hash: hash(hashed)?,
            message,
            proposal_ref,
        })
    };
    rows.into_iter().map(record).collect()
}

/// The columns of an answer: request, message, ProposalRef, sequence, record.
pub(super) type AnswerColumns = (Vec<u8>, Vec<u8>, Vec<u8>, i64, Vec<u8>);

pub(super) fn answers(
    rows: Vec<AnswerColumns>,
) -> Result<HashMap<Digest, StoredAnswer>, StoreError> {
    let answer = |(request, message, proposal_ref, sequence, encoded): AnswerColumns| {
        // A number that no record has must not keep the others from being read: whether it is
        // an answer is for its signature to say.
        let sequence = unsigned(sequence).unwrap_or(0);
        let answer = Answer {
            message,
            proposal_ref,
            sequence,
        };
        let recorded = Record::decode(&encoded).map(|record| record.message_hash);
        Ok((hash(request)?, StoredAnswer { answer, recorded }))
    };
    rows.into_iter().map(answer).collect()
}

/// A row that should hold a statement.
#[derive(Clone, Debug)]
pub struct StatementRow {
    /// The record that it should be about.
    pub sequence: u64,
    /// The statement about that record; `None` where the row is none.
    pub signed: Option<SignedStatement>,
}

/// Its columns.
pub(super) type StatementColumns = (i64, Vec<u8>, Vec<u8>, Vec<u8>);

pub(super) fn statement_rows(tenant: &str, rows: Vec<StatementColumns>) -> Vec<StatementRow> {
    let row = |(sequence, encoded, key, signature): StatementColumns| {
        // No statement is about 0.
        let sequence = unsigned(sequence).unwrap_or(0);
        let statement = Statement::decode(&encoded)
            .filter(|said| said.sequence == sequence && said.tenant == tenant);
        let signed = statement.zip(VerifyingKey::decode(&key));
        let signed = signed.map(|(statement, key)| SignedStatement {
            statement,
            key,
            signature,
        });
        StatementRow { sequence, signed }
    };
    rows.into_iter().map(row).collect()
}
