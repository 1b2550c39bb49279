//! What travels between the service and its callers, as JSON.
//!
//! Byte strings are in standard base64 with padding (RFC 4648, section 4). A request with a
//! field that is not described here is refused.

mod strict;

use serde::{Deserialize, Serialize};

pub use strict::Object;
use strict::{number, objects};

/// The path to which a [`RemovalsRequest`] is posted.
pub const REMOVALS_PATH: &str = "/v1/external-proposals/remove";

/// A batch of removals to propose.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemovalsRequest {
    /// Whose keys sign; may be left out by a caller that has one tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "example.com"))]
    pub tenant: Option<String>,
    /// Milliseconds within which the caller wants the answer; the service may allow less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_ms: Option<u64>,
    /// The removals, at least one.
    #[serde(deserialize_with = "objects")]
    #[cfg_attr(feature = "openapi", schema(min_items = 1))]
    pub removals: Vec<RemovalItem>,
}

/// One member to remove from one group.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RemovalItem {
    /// The group's id in base64, 1 to 1,024 bytes.
    #[cfg_attr(feature = "openapi", schema(example = "Z3JvdXA="))]
    pub group_id: String,
    /// The epoch in which the proposal can be committed.
    #[cfg_attr(feature = "openapi", schema(example = 7))]
    pub epoch: u64,
    /// The member's leaf.
    #[cfg_attr(feature = "openapi", schema(example = 3))]
    pub leaf_index: u32,
    /// The signing key's index in the group's `external_senders` extension.
    #[cfg_attr(feature = "openapi", schema(example = 0))]
    pub sender_index: u32,
    /// The scheme that signs, by its name in `GET /mls/public-keys`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "ed25519"))]
    pub signature_scheme: Option<String>,
    /// The group's ciphersuite, which determines the scheme and the hash of the ProposalRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 1))]
    pub ciphersuite: Option<u16>,
    /// The key that the group names at `sender_index`, in base64 as MLS carries it. If it is
    /// left out, the scheme's current key signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender_public_key: Option<String>,
}

/// The results of a batch.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RemovalsResponse {
    /// One for each removal, in order.
    pub results: Vec<RemovalResult>,
}

/// What became of one removal.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum RemovalResult {
    /// The proposal is signed and recorded.
    Signed(SignedProposal),
    /// Nothing was released.
    Refused {
        /// Why.
        problem: ProblemDetails,
    },
}

/// A signed external Remove proposal.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedProposal {
    /// The serialized MLSMessage, in base64: hand it to the group as it is.
    pub message: String,
    /// Its ProposalRef (RFC 9420, section 5.2), in base64: by the hash of the ciphersuite in the
    /// request, else of RFC 9420's ciphersuites with the scheme. Requests for groups of
    /// draft-ietf-mls-pq-ciphersuites, which have other hashes, have to name the ciphersuite.
    pub proposal_ref: String,
    /// The scheme that signed.
    pub signature_scheme: String,
    /// The key that signed, in base64 as MLS carries it.
    pub public_key: String,
}

/// The removal keys of a tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeysResponse {
    /// The tenant.
    pub tenant: String,
    /// Its keys, by scheme and generation.
    pub keys: Vec<KeyDescription>,
    /// Keys that are named as removal keys and cannot be used; nobody signs with them.
    #[serde(default)]
    pub refused: Vec<RefusedKey>,
    /// Every label under which the service has known a key since its start, whatever has become of it:
    /// it takes no other key under it. Absent in the answer of a service that does not say.
    #[serde(default)]
    pub known_labels: Option<Vec<String>>,
}

/// A removal key.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeyDescription {
    /// Its scheme.
    pub signature_scheme: String,
    /// Its generation, counted from 1.
    pub generation: u32,
    /// Whether new groups should name it.
    pub current: bool,
    /// The public key, in base64 as MLS carries it.
    pub public_key: String,
    /// Its label in the token.
    pub label: String,
    /// How the token protects it.
    pub protection: String,
    /// The tokens that sign with it at present, by their names in the configuration. Absent in the answer
    /// of a service that does not say.
    #[serde(default)]
    pub tokens: Option<Vec<String>>,
}

/// A key that is named as a removal key and cannot be used.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusedKey {
    /// Its label in the token.
    pub label: String,
    /// Its id in the token, in hexadecimal.
    pub id: String,
    /// Why.
    pub reason: String,
}

/// The query of an endpoint that has none.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NoQuery {}

/// The query of `GET /v1/keys` and others that concern a tenant.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct TenantQuery {
    /// The tenant; may be left out by a caller that has one.
    pub tenant: Option<String>,
}

/// The query of `GET /mls/public-keys`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PublicKeysQuery {
    /// The tenant; may be left out by a caller that has one.
    pub tenant: Option<String>,
    /// How keys are written.
    pub format: Option<KeyFormat>,
    /// The schemes whose keys are wanted.
    pub schemes: Option<KeySchemes>,
}

/// The schemes whose keys are wanted.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum KeySchemes {
    /// Those of Wire's server: Ed25519, ECDSA P-256, P-384 and P-521.
    #[default]
    Wire,
    /// All.
    All,
}

/// How public keys are written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum KeyFormat {
    /// In base64 as MLS carries them.
    #[default]
    Raw,
    /// As JWK (RFC 7517).
    Jwk,
}

/// The answer of `GET /readyz`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Readiness {
    /// Whether every tenant's removals can be signed and recorded: `true` in an answer.
    pub ready: bool,
    /// What FIPS 140-3 says of the service.
    pub fips: FipsReadiness,
}

/// What FIPS 140-3 says of the service, as it was when it started.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FipsReadiness {
    /// `Unvalidated`, `Pending`, `Affirmed` or `Certified`: the lowest among its parts.
    pub status: String,
    /// What is required of it: `none`, `fips` or `strict`.
    pub requirement: String,
    /// The version of AWS-LC's FIPS module; empty if another AWS-LC is linked.
    pub module: String,
}

/// The query of `GET /v1/audit/records` and of `GET /v1/audit/statements`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// The tenant; may be left out by a caller that has one.
    pub tenant: Option<String>,
    /// The number of the record before the first one wanted; 0 if it is left out.
    #[serde(default, deserialize_with = "number")]
    pub after: Option<u64>,
    /// The most records or statements wanted, 1 to 1,000; 1,000 if it is left out.
    #[serde(default, deserialize_with = "number")]
    #[cfg_attr(feature = "openapi", param(minimum = 1, maximum = 1000))]
    pub count: Option<u32>,
}

/// Where a tenant's audit chain begins and ends.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditHead {
    /// The tenant.
    pub tenant: String,
    /// The chain's id in hexadecimal; empty before the first record.
    pub chain_id: String,
    /// How many records at the beginning were pruned.
    pub pruned: u64,
    /// The number of the last record; 0 before the first.
    pub sequence: u64,
    /// The chain's hash there, in hexadecimal.
    pub head: String,
}

/// Audit records of a tenant.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditRecords {
    /// The records, in order.
    pub records: Vec<AuditRecord>,
}

/// An audit record as it is stored.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditRecord {
    /// The number of the record, counted from 1.
    pub sequence: u64,
    /// The encoded record, in base64: what is hashed.
    pub record: String,
    /// The chain's hash at it, in hexadecimal.
    pub hash: String,
    /// The MLSMessage that was released, in base64.
    pub message: String,
    /// Its ProposalRef, in base64, by the hash of RFC 9420's ciphersuites with the scheme.
    pub proposal_ref: String,
}

/// What the HSM has said of a tenant's audit chain, in pages: the next one begins after the
/// `sequence` of the last statement, and an empty one is the end.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditStatements {
    /// The statements, by sequence number.
    pub statements: Vec<AuditStatement>,
}

/// A checkpoint or a pruning, signed.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditStatement {
    /// The number of the last record that it covers.
    pub sequence: u64,
    /// The encoded statement, in base64.
    pub statement: String,
    /// The key that signed, in base64 as MLS carries it.
    pub public_key: String,
    /// The signature, in base64 as MLS carries it.
    pub signature: String,
}

/// Problem details (RFC 9457), with a stable code and what to do.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ProblemDetails {
    /// A URN that ends with the code.
    #[serde(rename = "type")]
    #[cfg_attr(
        feature = "openapi",
        schema(example = "urn:mls-hsm-signer:problem:key-unknown")
    )]
    pub urn: String,
    /// The kind of problem.
    pub title: String,
    /// The HTTP status.
    #[cfg_attr(feature = "openapi", schema(example = 404))]
    pub status: u16,
    /// The stable code.
    #[cfg_attr(feature = "openapi", schema(example = "key-unknown"))]
    pub code: String,
    /// What is particular to this occurrence.
    pub detail: String,
    /// What the caller should do.
    pub action: String,
    /// Seconds after which trying again makes sense, as Retry-After has them for a whole request; left
    /// out where it never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = 2))]
    pub retry_after: Option<u32>,
}
