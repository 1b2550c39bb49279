//! One signature that was released, written down.

use mls_signer_message::Removal;
use mls_signer_message::scheme::Scheme;
use openmls_traits::types::SignatureScheme;
use serde::{Deserialize, Serialize};
use tls_codec::{Deserialize as _, TlsDeserialize, TlsSerialize, TlsSize};

use crate::chain::Hash;
use crate::encoding::encoded;
use crate::fips::FipsMark;
use crate::json::{self, RemovalFields, hexadecimal};

/// The encoding below; another one gets another number.
const VERSION: u16 = 2;

/// Who asked.
#[derive(
    Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize, Deserialize, Serialize,
)]
pub struct Caller {
    /// The name by which the configuration knows the caller.
    #[serde(rename = "caller")]
    pub name: String,
    /// How the caller proved to be that, such as `mtls SAN dns:galley.example` or `unix uid 1000`.
    pub authentication: String,
}

/// A record of the audit log. Its encoding, in RFC 9420's presentation language, is
///
/// ```text
/// struct {
///     uint16 version = 2;
///     opaque chain_id[32];
///     uint64 sequence;            /* from 1, without gaps */
///     uint64 time;                /* milliseconds since 1 January 1970, UTC */
///     opaque tenant<V>;           /* UTF-8, as all text */
///     opaque caller<V>;
///     opaque authentication<V>;
///     opaque request_id<V>;
///     opaque key_label<V>;
///     opaque key_fingerprint[32]; /* SHA-256 of the public key in MLS's form */
///     uint16 signature_scheme;
///     opaque source<V>;           /* the token that signed */
///     opaque group_id<V>;
///     uint64 epoch;
///     uint32 leaf_index;
///     uint32 sender_index;
///     opaque proposal_ref<V>;
///     opaque signature_hash[32];  /* SHA-256 */
///     opaque message_hash[32];    /* SHA-256 of the MLSMessage */
///     uint8 fips_status;          /* 0 unvalidated, 1 pending, 2 affirmed, 3 certified */
///     uint8 fips_requirement;     /* 0 none, 1 FIPS mode, 2 strict */
///     opaque fips_module<V>;      /* its version; empty where it is another AWS-LC */
/// } Record;
/// ```
///
/// The fields below stand in that order, which therefore stays.
#[derive(
    Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize, Deserialize, Serialize,
)]
pub struct Record {
    /// The chain that it belongs to.
    #[serde(with = "hexadecimal")]
    pub chain_id: [u8; 32],
    /// Its place in the chain, counted from 1.
    pub sequence: u64,
    /// When it was written, in milliseconds since 1 January 1970, UTC. Not before the record
    /// before it.
    pub time: u64,
    /// Whose key signed.
    pub tenant: String,
    /// Who asked.
    #[serde(flatten)]
    pub caller: Caller,
    /// The caller's or the service's name for the request.
    pub request_id: String,
    /// The key's label in the token.
    pub key_label: String,
    /// SHA-256 of the public key in MLS's form.
    #[serde(with = "hexadecimal")]
    pub key_fingerprint: Hash,
    /// The key's scheme.
    #[serde(with = "json::scheme")]
    pub scheme: SignatureScheme,
    /// Which token signed, as the configuration names it.
    pub source: String,
    /// What was proposed.
    #[serde(flatten, with = "RemovalFields")]
    pub removal: Removal,
    /// The ProposalRef, by the scheme's [`reference_hash`](Scheme::reference_hash).
    #[serde(with = "hexadecimal")]
    pub proposal_ref: Vec<u8>,
    /// SHA-256 of the signature.
    #[serde(with = "hexadecimal")]
    pub signature_hash: Hash,
    /// SHA-256 of the MLSMessage.
    #[serde(with = "hexadecimal")]
    pub message_hash: Hash,
    /// What FIPS 140-3 said, when it opened the store, of the process that verified the
    /// signature and released it.
    #[serde(flatten)]
    pub fips: FipsMark,
}

impl Record {
    /// The bytes that are hashed and stored.
    pub fn encode(&self) -> Vec<u8> {
        encoded(&(VERSION, self))
    }

    /// Reads a record, strictly: there is one encoding of each. `None` if it is none, of
    /// another version, or of a scheme that is not this crate's.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, record) = <(u16, Self)>::tls_deserialize_exact(bytes).ok()?;
        let scheme = Scheme::by_signature_scheme(record.scheme);
        (version == VERSION && scheme.is_some()).then_some(record)
    }
}
