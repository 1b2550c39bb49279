//! Rows as the databases give and take them.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::claims::{Answer, StoredAnswer};
use super::error::StoreError;
use crate::chain::{Chain, Hash, next};
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

impl Row {
    /// Whether this is what the database has.
    pub(super) fn is(&self, found: &StoredRecord) -> bool {
        signed(found.sequence).is_ok_and(|sequence| sequence == self.sequence)
            && found.request == Some(self.request)
            && found.encoded == self.encoded
            && found.hash == self.hash
            && found.message == self.message
            && found.proposal_ref == self.proposal_ref
    }
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

/// Reads the [`AnswerColumns`] of the records for which `$meant` holds. The hash before one is that
/// of the row before it, or the anchor; null where the record is not one of its chain.
macro_rules! answers_sql {
    ($meant:literal) => {
        concat!(
            "SELECT record.request, record.message, record.proposal_ref, record.sequence, \
             record.encoded, record.hash, \
             CASE WHEN record.sequence = chain.pruned + 1 THEN chain.anchor \
             ELSE (SELECT hash FROM record AS before WHERE before.tenant = chain.tenant \
             AND before.sequence = record.sequence - 1 LIMIT 1) END \
             FROM record LEFT JOIN chain ON chain.tenant = record.tenant \
             AND record.sequence > chain.pruned AND record.sequence <= chain.sequence WHERE ",
            $meant
        )
    };
}
pub(super) use answers_sql;

/// The columns of an answer: request, message, ProposalRef, sequence, record, its hash, the hash
/// before it.
pub(super) type AnswerColumns = (
    Vec<u8>,
    Vec<u8>,
    Vec<u8>,
    i64,
    Vec<u8>,
    Vec<u8>,
    Option<Vec<u8>>,
);

pub(super) fn answers(
    rows: Vec<AnswerColumns>,
) -> Result<HashMap<Digest, StoredAnswer>, StoreError> {
    let mut answers = HashMap::new();
    for (request, message, proposal_ref, sequence, encoded, hash, before) in rows {
        // A number that no record has must not keep the others from being read: it is no answer.
        let sequence = unsigned(sequence).unwrap_or(0);
        let answer = Answer {
            message,
            proposal_ref,
            sequence,
        };
        let recorded = recorded(sequence, &encoded, &hash, before);
        match answers.entry(self::hash(request)?) {
            // Of two rows neither is to be believed.
            Entry::Occupied(mut other) => {
                let other: &mut StoredAnswer = other.get_mut();
                other.recorded = None;
            }
            Entry::Vacant(place) => drop(place.insert(StoredAnswer { answer, recorded })),
        }
    }
    Ok(answers)
}

/// The hash of the message that a record is about, if the record is in its place in the chain.
fn recorded(sequence: u64, encoded: &[u8], hashed: &[u8], before: Option<Vec<u8>>) -> Option<Hash> {
    let before = hash(before?).ok()?;
    let record = Record::decode(encoded)?;
    let in_place = next(&before, encoded)[..] == *hashed && record.sequence == sequence;
    in_place.then_some(record.message_hash)
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
