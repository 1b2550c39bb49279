//! The rows of the schemes agree with themselves and with MLS.

use mls_signer_message::scheme::{Algorithm, SCHEMES, Scheme};
use openmls_traits::types::Ciphersuite;

#[test]
fn every_row_is_found_by_each_of_its_keys() {
    for scheme in SCHEMES {
        let found = [
            Scheme::by_name(scheme.name),
            Scheme::by_signature_scheme(scheme.signature_scheme),
            Scheme::by_oids(scheme.algorithm_oid, scheme.curve_oid),
        ];
        for row in found {
            assert!(std::ptr::eq(row.unwrap(), scheme), "{}", scheme.name);
        }
    }
}

/// Four are always there; a feature brings the others.
#[test]
fn the_rows_are_those_of_the_features() {
    let wire: Vec<_> = Scheme::all_of_wire().map(|scheme| scheme.name).collect();
    assert_eq!(
        wire,
        [
            "ed25519",
            "ecdsa_secp256r1_sha256",
            "ecdsa_secp384r1_sha384",
            "ecdsa_secp521r1_sha512"
        ]
    );
    let curve448 = usize::from(cfg!(feature = "curve448"));
    let ml_dsa = 3 * usize::from(cfg!(feature = "draft-ietf-mls-pq-ciphersuites"));
    assert_eq!(SCHEMES.len(), 4 + curve448 + ml_dsa);
}

#[test]
fn lengths_agree_with_the_algorithm() {
    for scheme in SCHEMES {
        let private = scheme.field_length;
        let (public, signature) = match scheme.algorithm {
            Algorithm::EdDsa => (private, 2 * private),
            Algorithm::EcDsa { .. } => (1 + 2 * private, 2 * private),
            // FIPS 204, table 2.
            Algorithm::MlDsa => match scheme.title {
                "ML-DSA-44" => (1312, 2420),
                "ML-DSA-65" => (1952, 3309),
                _ => (2592, 4627),
            },
        };
        assert_eq!(scheme.public_key_length, public, "{}", scheme.name);
        assert_eq!(scheme.signature_length, signature, "{}", scheme.name);
        let mut secret = vec![0x2b; private];
        secret[0] = 0;
        let derived = (scheme.public_key_of)(&secret).unwrap();
        assert_eq!(derived.len(), public, "{}", scheme.name);
    }
}

/// RFC 9420, section 17.1, and draft-ietf-mls-pq-ciphersuites: of the suites with a scheme,
/// one has the hash that is taken where none is named.
#[test]
fn a_suite_of_each_scheme_has_its_hash() {
    for scheme in SCHEMES {
        let hashes: Vec<_> = (1..0x1000)
            .filter_map(|number| Ciphersuite::try_from(number).ok())
            .filter(|suite| suite.signature_algorithm() == scheme.signature_scheme)
            .map(|suite| suite.hash_algorithm())
            .collect();
        assert!(hashes.contains(&scheme.reference_hash), "{}", scheme.name);
    }
}
