//! One signature that was released, written down.

use mls_fips::{FipsStatus, Requirement};
use openmls_traits::types::SignatureScheme;

use super::chain::Hash;
use crate::fips::FipsMark;
use mls_signer_message::Removal;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::wire::{Reader, Writer};

/// The encoding below; another one gets another number.
pub const VERSION: u16 = 2;

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name by which the configuration knows the caller.
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The chain that it belongs to.
    pub chain_id: [u8; 32],
    /// Its place in the chain, counted from 1.
    pub sequence: u64,
    /// When it was written, in milliseconds since 1 January 1970, UTC. Not before the record
    /// before it.
    pub time: u64,
    /// Whose key signed.
    pub tenant: String,
    /// Who asked.
    pub caller: Caller,
    /// The caller's or the service's name for the request.
    pub request_id: String,
    /// The key's label in the token.
    pub key_label: String,
    /// SHA-256 of the public key in MLS's form.
    pub key_fingerprint: Hash,
    /// The key's scheme.
    pub scheme: SignatureScheme,
    /// Which token signed, as the configuration names it.
    pub source: String,
    /// What was proposed.
    pub removal: Removal,
    /// The ProposalRef, by the scheme's [`reference_hash`](Scheme::reference_hash).
    pub proposal_ref: Vec<u8>,
    /// SHA-256 of the signature.
    pub signature_hash: Hash,
    /// SHA-256 of the MLSMessage.
    pub message_hash: Hash,
    /// What FIPS 140-3 said, when it opened the store, of the process that verified the
    /// signature and released it.
    pub fips: FipsMark,
}

/// By their numbers in a record.
const STATUSES: [FipsStatus; 4] = [
    FipsStatus::Unvalidated,
    FipsStatus::Pending,
    FipsStatus::Affirmed,
    FipsStatus::Certified,
];

/// By their numbers in a record.
const REQUIREMENTS: [Requirement; 3] = [Requirement::None, Requirement::Fips, Requirement::Strict];

impl Record {
    /// The bytes that are hashed and stored.
    pub fn encode(&self) -> Vec<u8> {
        Writer::default()
            .uint16(VERSION)
            .fixed(&self.chain_id)
            .uint64(self.sequence)
            .uint64(self.time)
            .opaque(self.tenant.as_bytes())
            .opaque(self.caller.name.as_bytes())
            .opaque(self.caller.authentication.as_bytes())
            .opaque(self.request_id.as_bytes())
            .opaque(self.key_label.as_bytes())
            .fixed(&self.key_fingerprint)
            .uint16(self.scheme as u16)
            .opaque(self.source.as_bytes())
            .opaque(&self.removal.group_id)
            .uint64(self.removal.epoch)
            .uint32(self.removal.leaf_index)
            .uint32(self.removal.sender_index)
            .opaque(&self.proposal_ref)
            .fixed(&self.signature_hash)
            .fixed(&self.message_hash)
            .uint8(self.fips.status as u8)
            .uint8(self.fips.requirement as u8)
            .opaque(self.fips.module.as_bytes())
            .finish()
    }

    /// Reads a record, strictly: there is one encoding of each. `None` if it is none, or of
    /// another version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if reader.uint16()? != VERSION {
            return None;
        }
        let record = Self {
            chain_id: reader.array()?,
            sequence: reader.uint64()?,
            time: reader.uint64()?,
            tenant: reader.text()?,
            caller: Caller {
                name: reader.text()?,
                authentication: reader.text()?,
            },
            request_id: reader.text()?,
            key_label: reader.text()?,
            key_fingerprint: reader.array()?,
            scheme: scheme(reader.uint16()?)?,
            source: reader.text()?,
            removal: Removal {
                group_id: reader.opaque()?.to_vec(),
                epoch: reader.uint64()?,
                leaf_index: reader.uint32()?,
                sender_index: reader.uint32()?,
            },
            proposal_ref: reader.opaque()?.to_vec(),
            signature_hash: reader.array()?,
            message_hash: reader.array()?,
            fips: FipsMark {
                status: *STATUSES.get(usize::from(reader.uint8()?))?,
                requirement: *REQUIREMENTS.get(usize::from(reader.uint8()?))?,
                module: reader.text()?,
            },
        };
        reader.finished()?;
        Some(record)
    }
}

/// The scheme of this crate with this number.
pub(super) fn scheme(number: u16) -> Option<SignatureScheme> {
    let scheme = SignatureScheme::try_from(number).ok()?;
    Scheme::by_signature_scheme(scheme).map(|row| row.signature_scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(fips: FipsMark) -> Record {
        Record {
            chain_id: [1; 32],
            sequence: 2,
            time: 3,
            tenant: "tenant".into(),
            caller: Caller {
                name: "caller".into(),
                authentication: "unix uid 1000".into(),
            },
            request_id: "request".into(),
            key_label: "key".into(),
            key_fingerprint: [4; 32],
            scheme: SignatureScheme::ED25519,
            source: "token".into(),
            removal: Removal {
                group_id: vec![5],
                epoch: 6,
                leaf_index: 7,
                sender_index: 8,
            },
            proposal_ref: vec![9; 32],
            signature_hash: [10; 32],
            message_hash: [11; 32],
            fips,
        }
    }

    /// The numbers of the encoding, which those of the enumerations must not leave.
    #[test]
    fn every_fips_status_is_read_back_and_no_other_number() {
        let mut read = 0;
        for (status, number) in STATUSES.into_iter().zip(0u8..) {
            for (requirement, other) in REQUIREMENTS.into_iter().zip(0u8..) {
                let record = record(FipsMark {
                    status,
                    requirement,
                    module: "4.2.0".into(),
                });
                let encoded = record.encode();
                assert!(encoded.ends_with(&[&[number, other, 5][..], b"4.2.0"].concat()));
                assert_eq!(Record::decode(&encoded), Some(record));
                read += 1;
            }
        }
        assert_eq!(read, 12);
        let encoded = record(FipsMark::of_process()).encode();
        assert!(Record::decode(&encoded).is_some());
        let module = FipsMark::of_process().module.len();
        for (place, number) in [(3 + module, 4), (2 + module, 3), (1 + module, 0x3f)] {
            let mut wrong = encoded.clone();
            let at = wrong.len() - place;
            wrong[at] = number;
            assert_eq!(Record::decode(&wrong), None, "{place} from the end");
        }
    }
}
