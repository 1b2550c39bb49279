//! One signature that was released, written down.

use mls_signer_message::Removal;
use mls_signer_message::scheme::Scheme;
use openmls_traits::types::SignatureScheme;
use tls_codec::{Deserialize, TlsDeserialize, TlsSerialize, TlsSize};

use crate::chain::Hash;
use crate::encoding::encoded;
use crate::fips::FipsMark;

/// The encoding below; another one gets another number.
const VERSION: u16 = 2;

/// Who asked.
#[derive(Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
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
///
/// The fields below stand in that order, which therefore stays.
#[derive(Clone, Debug, PartialEq, Eq, TlsDeserialize, TlsSerialize, TlsSize)]
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fips::{REQUIREMENTS, STATUSES};
    use mls_fips::{FipsStatus, Requirement};
    use mls_signer_message::encoding::hex;
    use mls_signer_message::hash::sha256;

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

    /// Records are stored and hashed: these bytes stay as they are.
    #[test]
    fn the_bytes_are_the_same_for_ever() {
        let mut record = record(FipsMark {
            status: FipsStatus::Certified,
            requirement: Requirement::Strict,
            module: "4.2.0".into(),
        });
        record.scheme = SignatureScheme::ECDSA_SECP521R1_SHA512;
        record.tenant = "Zürich".into();
        record.removal.group_id = vec![0x55; 64];
        record.removal.epoch = 0x0102_0304_0506_0708;
        record.proposal_ref = vec![0x99; 0x4000];
        let encoded = record.encode();
        let (head, rest) = encoded.split_at(200);
        assert_eq!(
            hex(head),
            "000201010101010101010101010101010101010101010101010101010101010101010000\
             0000000000020000000000000003075ac3bc726963680663616c6c65720d756e69782075\
             696420313030300772657175657374036b65790404040404040404040404040404040404\
             040404040404040404040404040404060305746f6b656e40405555555555555555555555\
             555555555555555555555555555555555555555555555555555555555555555555555555\
             5555555555555555555555555555555555010203"
        );
        assert_eq!(
            hex(&sha256(rest)),
            "87ff6a9b03afcaf559a80dcb46aa23553231a01db7824a8002b4f3117938db56"
        );
        assert_eq!(encoded.len(), 16673);
        assert_eq!(Record::decode(&encoded), Some(record));
    }

    /// Nothing behind a record, no length that could be shorter, no text that is not UTF-8.
    #[test]
    fn there_is_one_encoding_of_each_record() {
        let record = record(FipsMark::of_process());
        let encoded = record.encode();
        for length in 0..encoded.len() {
            assert_eq!(Record::decode(&encoded[..length]), None, "{length}");
        }
        assert_eq!(Record::decode(&[&encoded[..], &[0]].concat()), None);
        let tenant = 2 + 32 + 8 + 8;
        assert_eq!(encoded[tenant..][..7], *b"\x06tenant");
        for wrong in [
            &b"\x40\x06tenant"[..],
            b"\x80\0\0\x06tenant",
            b"\x06t\xffnant",
        ] {
            let wrong = [&encoded[..tenant], wrong, &encoded[tenant + 7..]].concat();
            assert_eq!(Record::decode(&wrong), None);
        }
        let mut later = encoded.clone();
        later[1] = 3;
        assert_eq!(Record::decode(&later), None);
    }
}
