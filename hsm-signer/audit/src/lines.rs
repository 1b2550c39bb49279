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

use mls_fips::{FipsStatus, Requirement};
use mls_signer_message::Removal;
use mls_signer_message::encoding::{base64, from_base64, from_lower_hex, hex};
use mls_signer_message::scheme::Scheme;
use openmls_traits::types::SignatureScheme;
use serde::{Deserialize, Serialize};

use crate::chain::Chain;
use crate::fips::FipsMark;
use crate::record::{Caller, Record};
use crate::statement::{Kind, SignedStatement, Statement, VerifyingKey};
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
    /// It is not JSON, has a field too many or too few, or one of another type.
    #[error("it is not a line of an export: {0}")]
    Json(#[from] serde_json::Error),
    /// A field's text is not what it should be.
    #[error("the field {0} is malformed")]
    Field(&'static str),
    /// A record that cannot be decoded has no fields to be written.
    #[error("record {0} cannot be decoded; run: audit verify")]
    Record(u64),
}

impl Line {
    /// The line, without its end.
    ///
    /// # Errors
    /// [`LineError::Record`] for a record that cannot be decoded.
    pub fn write(&self) -> Result<String, LineError> {
        let json = match self {
            Self::Chain(chain) => Json::Chain(chain_json(chain)),
            Self::Statement(signed) => Json::Statement(statement_json(signed)),
            Self::Record(stored) => Json::Record(Box::new(record_json(stored)?)),
        };
        Ok(serde_json::to_string(&json)?)
    }

    /// Reads a line, strictly.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn read(line: &str) -> Result<Self, LineError> {
        Ok(match serde_json::from_str(line)? {
            Json::Chain(json) => Self::Chain(chain(json)?),
            Json::Statement(json) => Self::Statement(statement(json)?),
            Json::Record(json) => Self::Record(Box::new(record(*json)?)),
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Json {
    Chain(ChainJson),
    Statement(StatementJson),
    Record(Box<RecordJson>),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainJson {
    format: u32,
    tenant: String,
    chain_id: String,
    pruned: u64,
    anchor: String,
    sequence: u64,
    head: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StatementJson {
    kind: Kind,
    tenant: String,
    chain_id: String,
    sequence: u64,
    head: String,
    time: u64,
    scheme: String,
    public_key: String,
    signature: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordJson {
    chain_id: String,
    sequence: u64,
    time: u64,
    tenant: String,
    caller: String,
    authentication: String,
    request_id: String,
    key_label: String,
    key_fingerprint: String,
    scheme: String,
    source: String,
    group_id: String,
    epoch: u64,
    leaf_index: u32,
    sender_index: u32,
    proposal_ref: String,
    signature_hash: String,
    message_hash: String,
    fips_status: FipsStatus,
    fips_requirement: Requirement,
    fips_module: String,
    hash: String,
    message: String,
}

fn chain_json(chain: &Chain) -> ChainJson {
    ChainJson {
        format: FORMAT,
        tenant: chain.tenant.clone(),
        chain_id: hex(&chain.id),
        pruned: chain.pruned,
        anchor: hex(&chain.anchor),
        sequence: chain.sequence,
        head: hex(&chain.head),
    }
}

fn chain(json: ChainJson) -> Result<Chain, LineError> {
    if json.format != FORMAT {
        return Err(LineError::Field("format"));
    }
    Ok(Chain {
        tenant: json.tenant,
        id: fixed("chain_id", &json.chain_id)?,
        pruned: json.pruned,
        anchor: fixed("anchor", &json.anchor)?,
        sequence: json.sequence,
        head: fixed("head", &json.head)?,
    })
}

fn statement_json(signed: &SignedStatement) -> StatementJson {
    let statement = &signed.statement;
    StatementJson {
        kind: statement.kind,
        tenant: statement.tenant.clone(),
        chain_id: hex(&statement.chain_id),
        sequence: statement.sequence,
        head: hex(&statement.head),
        time: statement.time,
        scheme: name(signed.key.scheme),
        public_key: base64(&signed.key.public_key),
        signature: base64(&signed.signature),
    }
}

fn statement(json: StatementJson) -> Result<SignedStatement, LineError> {
    Ok(SignedStatement {
        statement: Statement {
            kind: json.kind,
            chain_id: fixed("chain_id", &json.chain_id)?,
            tenant: json.tenant,
            sequence: json.sequence,
            head: fixed("head", &json.head)?,
            time: json.time,
        },
        key: VerifyingKey {
            scheme: scheme(&json.scheme)?,
            public_key: base64_bytes("public_key", &json.public_key)?,
        },
        signature: base64_bytes("signature", &json.signature)?,
    })
}

fn record_json(stored: &StoredRecord) -> Result<RecordJson, LineError> {
    let record = Record::decode(&stored.encoded).ok_or(LineError::Record(stored.sequence))?;
    Ok(RecordJson {
        chain_id: hex(&record.chain_id),
        sequence: record.sequence,
        time: record.time,
        tenant: record.tenant,
        caller: record.caller.name,
        authentication: record.caller.authentication,
        request_id: record.request_id,
        key_label: record.key_label,
        key_fingerprint: hex(&record.key_fingerprint),
        scheme: name(record.scheme),
        source: record.source,
        group_id: hex(&record.removal.group_id),
        epoch: record.removal.epoch,
        leaf_index: record.removal.leaf_index,
        sender_index: record.removal.sender_index,
        proposal_ref: hex(&record.proposal_ref),
        signature_hash: hex(&record.signature_hash),
        message_hash: hex(&record.message_hash),
        fips_status: record.fips.status,
        fips_requirement: record.fips.requirement,
        fips_module: record.fips.module,
        hash: hex(&stored.hash),
        message: base64(&stored.message),
    })
}

fn record(json: RecordJson) -> Result<StoredRecord, LineError> {
    let record = Record {
        chain_id: fixed("chain_id", &json.chain_id)?,
        sequence: json.sequence,
        time: json.time,
        tenant: json.tenant,
        caller: Caller {
            name: json.caller,
            authentication: json.authentication,
        },
        request_id: json.request_id,
        key_label: json.key_label,
        key_fingerprint: fixed("key_fingerprint", &json.key_fingerprint)?,
        scheme: scheme(&json.scheme)?,
        source: json.source,
        removal: Removal {
            group_id: bytes("group_id", &json.group_id)?,
            epoch: json.epoch,
            leaf_index: json.leaf_index,
            sender_index: json.sender_index,
        },
        proposal_ref: bytes("proposal_ref", &json.proposal_ref)?,
        signature_hash: fixed("signature_hash", &json.signature_hash)?,
        message_hash: fixed("message_hash", &json.message_hash)?,
        fips: FipsMark {
            status: json.fips_status,
            requirement: json.fips_requirement,
            module: json.fips_module,
        },
    };
    Ok(StoredRecord {
        sequence: record.sequence,
        request: None,
        encoded: record.encode(),
        hash: fixed("hash", &json.hash)?,
        message: base64_bytes("message", &json.message)?,
        proposal_ref: record.proposal_ref,
    })
}

fn name(scheme: SignatureScheme) -> String {
    let row = Scheme::by_signature_scheme(scheme);
    row.map_or_else(|| format!("{scheme:?}"), |row| row.name.into())
}

fn scheme(name: &str) -> Result<SignatureScheme, LineError> {
    let row = Scheme::by_name(name).ok_or(LineError::Field("scheme"))?;
    Ok(row.signature_scheme)
}

fn base64_bytes(field: &'static str, text: &str) -> Result<Vec<u8>, LineError> {
    from_base64(text).ok_or(LineError::Field(field))
}

/// Lower-case hexadecimal, as it is written: there is one form of each line.
fn bytes(field: &'static str, text: &str) -> Result<Vec<u8>, LineError> {
    from_lower_hex(text).ok_or(LineError::Field(field))
}

fn fixed(field: &'static str, text: &str) -> Result<[u8; 32], LineError> {
    let decoded = bytes(field, text)?.try_into();
    decoded.map_err(|_| LineError::Field(field))
}
