//! The log as JSON lines, for archives and for verifiers that have no database.
//!
//! One JSON object on a line, of one of these types, in this order: the chain, its statements,
//! its records by sequence number; then the next chain. Hashes and ids are in hexadecimal,
//! keys, signatures and messages in base64, times in milliseconds since 1 January 1970, UTC.
//!
//! ```text
//! {"type":"chain","format":2,"tenant":T,"chain_id":H,"pruned":N,"anchor":H,"sequence":N,"head":H}
//! {"type":"statement","kind":"checkpoint"|"pruning","tenant":T,"chain_id":H,"sequence":N,
//!  "head":H,"time":N,"scheme":S,"public_key":B,"signature":B}
//! {"type":"record","chain_id":H,"sequence":N,"time":N,"tenant":T,"caller":T,"authentication":T,
//!  "request_id":T,"key_label":T,"key_fingerprint":H,"scheme":S,"source":T,"group_id":H,
//!  "epoch":N,"leaf_index":N,"sender_index":N,"proposal_ref":H,"signature_hash":H,
//!  "message_hash":H,"fips_status":"Unvalidated"|"Pending"|"Affirmed"|"Certified",
//!  "fips_requirement":"none"|"fips"|"strict","fips_module":T,"hash":H,"message":B}
//! ```
//!
//! A record's hash is computed from its fields ([`Record`] says how they are encoded), so
//! that whatever is changed in a line shows.

use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::{Chain, Hash};
use crate::json::{base64, hexadecimal};
use crate::record::Record;
use crate::statement::SignedStatement;
use crate::stored_record::StoredRecord;

/// The form of the lines.
const FORMAT: u32 = 2;

/// A line of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// The beginning of a chain.
    Chain(Chain),
    /// What the HSM said of it.
    Statement(SignedStatement),
    /// A record of it.
    Record(Box<StoredRecord>),
}

/// Why a line is none of an export.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It is not JSON, has a field too many or too few, or one that is not what it should be.
    #[error("it is not a line of an export: {0}")]
    Json(#[from] serde_json::Error),
    /// The lines have another form.
    #[error("the field format is malformed")]
    Format,
    /// A record that cannot be decoded has no fields to be written.
    #[error("record {0} cannot be decoded; run: audit verify")]
    Record(u64),
}

/// What stands in a line.
#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Json {
    Chain {
        format: u32,
        #[serde(flatten)]
        chain: Chain,
    },
    Statement(SignedStatement),
    Record {
        #[serde(flatten)]
        record: Box<Record>,
        #[serde(with = "hexadecimal")]
        hash: Hash,
        #[serde(with = "base64")]
        message: Vec<u8>,
    },
}

impl Line {
    /// The line, without its end.
    ///
    /// # Errors
    /// [`LineError::Record`] for a record that cannot be decoded.
    pub fn write(&self) -> Result<String, LineError> {
        let json = match self {
            Self::Chain(chain) => Json::Chain {
                format: FORMAT,
                chain: chain.clone(),
            },
            Self::Statement(signed) => Json::Statement(signed.clone()),
            Self::Record(stored) => {
                let record = Record::decode(&stored.encoded);
                Json::Record {
                    record: Box::new(record.ok_or(LineError::Record(stored.sequence))?),
                    hash: stored.hash,
                    message: stored.message.clone(),
                }
            }
        };
        Ok(serde_json::to_string(&json)?)
    }

    /// Reads a line, strictly.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn read(line: &str) -> Result<Self, LineError> {
        let json: Json = serde_json::from_str(line)?;
        // serde passes over fields that it does not know where some are flattened.
        if serde_json::to_value(&json)? != serde_json::from_str::<Value>(line)? {
            return Err(serde_json::Error::custom("it has a field too many").into());
        }
        Ok(match json {
            Json::Chain { format, .. } if format != FORMAT => return Err(LineError::Format),
            Json::Chain { chain, .. } => Self::Chain(chain),
            Json::Statement(signed) => Self::Statement(signed),
            Json::Record {
                record,
                hash,
                message,
            } => Self::Record(Box::new(StoredRecord {
                sequence: record.sequence,
                request: None,
                encoded: record.encode(),
                hash,
                message,
                proposal_ref: record.proposal_ref,
            })),
        })
    }
}
