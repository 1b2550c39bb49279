//! The request to propose removals, from bytes to what can be looked up and signed.

use mls_signer_api::{Object, RemovalItem, RemovalsRequest};
use mls_signer_message::Removal;
use mls_signer_message::encoding::from_base64;
use mls_signer_message::scheme::{SCHEMES, Scheme};
use openmls_traits::types::{Ciphersuite, HashType};

use crate::problem::{MALFORMED, Problem};

/// The longest group id, in bytes.
pub const MAX_GROUP_ID: usize = 1024;

/// Ciphersuites in use that RFC 9420 does not define: Wire's with X25519Kyber768Draft00,
/// which signs with Ed25519.
const MORE_SUITES: [(u16, &str); 1] = [(0xf031, "ed25519")];

/// A removal as it was asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub removal: Removal,
    pub key: WantedKey,
    /// The hash of the group's ciphersuite, if one was named.
    pub hash: Option<HashType>,
}

/// Which key is to sign.
#[derive(Clone, Debug)]
pub enum WantedKey {
    /// The scheme's current one.
    Current(&'static Scheme),
    /// The one with this public key, of this scheme if one was named.
    Named(Vec<u8>, Option<&'static Scheme>),
}

pub fn decode(body: &[u8]) -> Result<RemovalsRequest, Problem> {
    let Object(request): Object<RemovalsRequest> =
        serde_json::from_slice(body).map_err(|error| MALFORMED.because(error.to_string()))?;
    if request.removals.is_empty() {
        return Err(MALFORMED.because("removals: at least one is needed"));
    }
    if request.timeout_ms == Some(0) {
        return Err(MALFORMED.because("timeout_ms: must not be 0"));
    }
    Ok(request)
}

pub fn wanted(item: &RemovalItem) -> Result<Wanted, Problem> {
    let group_id = field(&item.group_id, "group_id", MAX_GROUP_ID)?;
    let (scheme, hash) = scheme(item)?;
    let key = match (&item.sender_public_key, scheme) {
        (Some(key), scheme) => {
            let key = field(key, "sender_public_key", longest_public_key())?;
            WantedKey::Named(key, scheme)
        }
        (None, Some(scheme)) => WantedKey::Current(scheme),
        (None, None) => {
            let reason = "signature_scheme, ciphersuite or sender_public_key: one is needed";
            return Err(MALFORMED.because(reason));
        }
    };
    Ok(Wanted {
        removal: Removal {
            group_id,
            epoch: item.epoch,
            leaf_index: item.leaf_index,
            sender_index: item.sender_index,
        },
        key,
        hash,
    })
}

/// The longest public key, in bytes.
fn longest_public_key() -> usize {
    let lengths = SCHEMES.iter().map(|scheme| scheme.public_key_length);
    lengths.max().unwrap_or(0)
}

fn field(text: &str, name: &str, longest: usize) -> Result<Vec<u8>, Problem> {
    let bytes = from_base64(text)
        .ok_or_else(|| MALFORMED.because(format!("{name}: standard base64 is needed")))?;
    if bytes.is_empty() || bytes.len() > longest {
        let length = bytes.len();
        return Err(MALFORMED.because(format!("{name}: {length} bytes, 1 to {longest} allowed")));
    }
    Ok(bytes)
}

/// The scheme that the item names in one way or two, and the ciphersuite's hash.
fn scheme(item: &RemovalItem) -> Result<(Option<&'static Scheme>, Option<HashType>), Problem> {
    let named = item.signature_scheme.as_deref().map(|name| {
        Scheme::by_name(name).ok_or_else(|| {
            let known: Vec<_> = SCHEMES.iter().map(|scheme| scheme.name).collect();
            MALFORMED.because(format!("signature_scheme: one of {}", known.join(", ")))
        })
    });
    let of_suite = item.ciphersuite.map(|number| {
        let reason = || format!("ciphersuite: no removal key signs for {number:#06x}");
        by_suite(number).ok_or_else(|| MALFORMED.because(reason()))
    });
    match (named.transpose()?, of_suite.transpose()?) {
        (Some(named), Some((of_suite, _))) if named.name != of_suite.name => {
            Err(MALFORMED.because(format!("ciphersuite: it signs with {}", of_suite.name)))
        }
        (_, Some((of_suite, hash))) => Ok((Some(of_suite), Some(hash))),
        (named, None) => Ok((named, None)),
    }
}

/// The scheme and the hash of a ciphersuite.
fn by_suite(number: u16) -> Option<(&'static Scheme, HashType)> {
    let more = MORE_SUITES.iter().find(|(suite, _)| *suite == number);
    if let Some((_, name)) = more {
        return Scheme::by_name(name).map(|scheme| (scheme, scheme.reference_hash));
    }
    let suite = Ciphersuite::try_from(number).ok()?;
    Some((Scheme::by_ciphersuite(suite)?, suite.hash_algorithm()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_signer_message::encoding::base64;

    fn item() -> RemovalItem {
        RemovalItem {
            group_id: "Z3JvdXA=".into(),
            epoch: u64::MAX,
            leaf_index: 3,
            ciphersuite: Some(2),
            ..RemovalItem::default()
        }
    }

    #[test]
    fn suites_lead_to_schemes() {
        let expected = [
            (1, "ed25519"),
            (2, "ecdsa_secp256r1_sha256"),
            (3, "ed25519"),
            (5, "ecdsa_secp521r1_sha512"),
            (7, "ecdsa_secp384r1_sha384"),
            (0xf031, "ed25519"),
        ];
        for (suite, name) in expected {
            let (scheme, hash) = by_suite(suite).unwrap();
            assert_eq!(scheme.name, name, "{suite}");
            assert_eq!(hash, scheme.reference_hash, "{suite}");
        }
        for suite in [0, 8, 0xffff] {
            assert!(by_suite(suite).is_none(), "{suite}");
        }
        for suite in [4, 6] {
            let name = by_suite(suite).map(|(scheme, _)| scheme.name);
            let expected = cfg!(feature = "curve448").then_some("ed448");
            assert_eq!(name, expected, "{suite}");
        }
    }

    /// A draft's suites have other hashes than RFC 9420's with the same scheme, and two of one
    /// scheme differ.
    #[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
    #[test]
    fn suites_of_the_draft_lead_to_schemes_and_their_own_hashes() {
        let expected = [
            (0x0051, "mldsa65", HashType::Sha2_384),
            (0x0052, "mldsa44", HashType::Sha2_384),
            (0x0906, "mldsa87", HashType::Sha2_512),
            (0x0907, "mldsa87", HashType::Sha2_384),
        ];
        for (suite, name, hash) in expected {
            let (scheme, found) = by_suite(suite).unwrap();
            assert_eq!((scheme.name, found), (name, hash), "{suite:#06x}");
        }
        let suite = Ciphersuite::MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519;
        let (scheme, hash) = by_suite(suite.into()).unwrap();
        assert_eq!((scheme.name, hash), ("ed25519", HashType::Sha2_384));
        let named = RemovalItem {
            ciphersuite: Some(suite.into()),
            ..item()
        };
        assert_eq!(wanted(&named).unwrap().hash, Some(HashType::Sha2_384));
    }

    #[test]
    fn the_key_of_every_scheme_may_be_named() {
        for scheme in SCHEMES {
            let key = vec![4; scheme.public_key_length];
            let named = RemovalItem {
                sender_public_key: Some(base64(&key)),
                ciphersuite: None,
                ..item()
            };
            let WantedKey::Named(found, None) = wanted(&named).unwrap().key else {
                panic!("{}", scheme.name);
            };
            assert_eq!(found, key, "{}", scheme.name);
        }
        let long = RemovalItem {
            sender_public_key: Some(base64(&vec![4; longest_public_key() + 1])),
            ..item()
        };
        let problem = wanted(&long).unwrap_err();
        assert!(problem.detail.contains("sender_public_key"));
    }

    type Spoil = fn(&mut RemovalItem);

    #[test]
    fn what_is_wrong_is_named() {
        let wrong: [(&str, Spoil); 8] = [
            ("group_id", |item| item.group_id = "!".into()),
            ("group_id", |item| item.group_id = String::new()),
            ("group_id", |item| item.group_id = base64(&[0; 1025])),
            ("ciphersuite", |item| item.ciphersuite = Some(8)),
            ("ciphersuite", |item| {
                item.signature_scheme = Some("ed25519".into());
            }),
            ("signature_scheme", |item| {
                item.signature_scheme = Some("rsa".into());
            }),
            ("sender_public_key", |item| {
                item.sender_public_key = Some("AA=".into());
            }),
            ("one is needed", |item| item.ciphersuite = None),
        ];
        for (name, spoil) in wrong {
            let mut item = item();
            spoil(&mut item);
            let problem = wanted(&item).unwrap_err();
            assert!(problem.detail.contains(name), "{name}: {}", problem.detail);
        }
        assert_eq!(wanted(&item()).unwrap().removal.epoch, u64::MAX);
    }

    #[test]
    fn bodies_are_read_strictly() {
        let good =
            r#"{"removals":[{"group_id":"AA==","epoch":1,"leaf_index":2,"sender_index":0}]}"#;
        assert_eq!(decode(good.as_bytes()).unwrap().removals.len(), 1);
        let nested = "[".repeat(100_000);
        let bad = [
            "",
            "{}",
            "null",
            r#"{"removals":[]}"#,
            &nested,
            &format!(r#"{{"removals":{nested}"#),
            &good.replace("epoch\":1", "epoch\":-1"),
            &good.replace("epoch\":1", "epoch\":18446744073709551616"),
            &good.replace("leaf_index\":2", "leaf_index\":4294967296"),
            &good.replace("{\"removals", "{\"message\":\"AAAA\",\"removals"),
            &good.replace("\"epoch\"", "\"bytes_to_sign\":\"AAAA\",\"epoch\""),
            &good.replace("\"epoch\":1", "\"epoch\":1,\"epoch\":2"),
            &format!("{good}x"),
            &format!("\u{feff}{good}"),
            &format!("{good}{good}"),
            r#"[null,null,[{"group_id":"AA==","epoch":1,"leaf_index":2,"sender_index":0}]]"#,
            r#"{"removals":[["AA==",1,2,0,null,null,null]]}"#,
            r#"{"removals":{"group_id":"AA==","epoch":1,"leaf_index":2,"sender_index":0}}"#,
            &good.replace("epoch\":1", "epoch\":1.0"),
            &good.replace("epoch\":1", "epoch\":1e0"),
            &good.replace("epoch\":1", "epoch\":\"1\""),
            &good.replace("epoch\":1", "epoch\":01"),
            &good.replace("epoch\":1", "epoch\":null"),
            &good.replace("\"AA==\"", "[65,65,61,61]"),
            &good.replace("\"epoch\"", "\"Epoch\""),
            &good.replace("}]", "},]"),
            &format!("/**/{good}"),
        ];
        for body in bad {
            assert!(decode(body.as_bytes()).is_err(), "{:.80}", body);
        }
    }
}
