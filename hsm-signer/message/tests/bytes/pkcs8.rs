//! Private keys from PKCS#8: what is read, and what is refused.

use der::Encode;
use der::asn1::{Any, BitString, OctetString};
use der::pem::LineEnding;
use mls_signer_message::encoding::EncodingError;
use mls_signer_message::encoding::pkcs8::PrivateKey;
use mls_signer_message::scheme::{Algorithm, SCHEMES, Scheme};
use pkcs8::{AlgorithmIdentifierRef, PrivateKeyInfo, SecretDocument};

/// An `ECPrivateKey` as openssl writes it, with the public key if given.
fn ec_private_key(version: u8, secret: &[u8], public_key: Option<&[u8]>) -> Vec<u8> {
    let tlv = |tag: u8, value: &[u8]| {
        let long = (value.len() >= 0x80).then_some(0x81);
        [&[tag][..], long.as_slice(), &[value.len() as u8], value].concat()
    };
    let public = public_key.map(|key| tlv(0xa1, &tlv(0x03, &[&[0], key].concat())));
    let fields = [
        tlv(0x02, &[version]),
        tlv(0x04, secret),
        public.unwrap_or_default(),
    ];
    tlv(0x30, &fields.concat())
}

fn pem(scheme: &Scheme, inner: &[u8]) -> String {
    let curve = scheme.curve_oid.map(|oid| Any::encode_from(&oid).unwrap());
    let algorithm = AlgorithmIdentifierRef {
        oid: scheme.algorithm_oid,
        parameters: curve.as_ref().map(Into::into),
    };
    let info = PrivateKeyInfo::<_, _, BitString> {
        algorithm,
        private_key: OctetString::new(inner).unwrap(),
        public_key: None,
    };
    let document = SecretDocument::encode_msg(&info).unwrap();
    let pem = document.to_pem("PRIVATE KEY", LineEnding::LF);
    pem.unwrap().to_string()
}

fn pem_of(scheme: &Scheme, secret: &[u8], public_key: Option<&[u8]>) -> String {
    match scheme.algorithm {
        Algorithm::EdDsa => pem(scheme, &OctetString::new(secret).unwrap().to_der().unwrap()),
        Algorithm::EcDsa { .. } => pem(scheme, &ec_private_key(1, secret, public_key)),
        Algorithm::MlDsa => pem(scheme, &[&[0x80, secret.len() as u8][..], secret].concat()),
    }
}

fn secret(scheme: &Scheme) -> Vec<u8> {
    let mut secret = vec![0x2b; scheme.field_length];
    secret[0] = 0;
    secret
}

#[test]
fn keys_with_and_without_a_stated_public_key_are_read() {
    for scheme in SCHEMES {
        let key = PrivateKey::from_pem(&pem_of(scheme, &secret(scheme), None)).unwrap();
        assert_eq!(key.scheme().name, scheme.name);
        assert_eq!(key.secret(), secret(scheme));
        assert_eq!(key.public_key().len(), scheme.public_key_length);
        let stated = pem_of(scheme, &secret(scheme), Some(key.public_key()));
        let again = PrivateKey::from_pem(&stated).unwrap();
        assert_eq!(again.public_key(), key.public_key());
    }
}

#[test]
fn a_public_key_of_another_private_key_is_refused() {
    for scheme in SCHEMES.iter().filter(|scheme| scheme.curve_oid.is_some()) {
        let mut other = secret(scheme);
        other[1] ^= 1;
        let other = PrivateKey::from_pem(&pem_of(scheme, &other, None)).unwrap();
        let mixed = pem_of(scheme, &secret(scheme), Some(other.public_key()));
        let error = PrivateKey::from_pem(&mixed).unwrap_err();
        assert_eq!(error, EncodingError::KeysDoNotMatch(scheme.title));
    }
}

#[test]
fn scalars_of_zero_the_order_or_more_are_refused() {
    for scheme in SCHEMES.iter().filter(|scheme| scheme.curve_oid.is_some()) {
        for byte in [0x00, 0xff] {
            let pem = pem_of(scheme, &vec![byte; scheme.field_length], None);
            let error = PrivateKey::from_pem(&pem).unwrap_err();
            assert!(
                matches!(error, EncodingError::PrivateKey { .. }),
                "{}",
                scheme.name
            );
        }
    }
}

#[test]
fn other_lengths_versions_and_forms_are_refused() {
    for scheme in SCHEMES {
        let full = vec![0x2b; scheme.field_length];
        for wrong in [&full[1..], &[&full[..], &[0]].concat(), &[]] {
            // A number of fewer digits is a number too.
            if scheme.curve_oid.is_some() && wrong.len() == full.len() - 1 {
                continue;
            }
            assert!(PrivateKey::from_pem(&pem_of(scheme, wrong, None)).is_err());
        }
        assert!(PrivateKey::from_pem(&pem(scheme, &full)).is_err());
        assert!(PrivateKey::from_pem(&pem(scheme, &[4, 1, 0])).is_err());
    }
    let p256 = Scheme::by_name("ecdsa_secp256r1_sha256").unwrap();
    let version_2 = pem(p256, &ec_private_key(2, &secret(p256), None));
    assert!(PrivateKey::from_pem(&version_2).is_err());
}

/// As OpenSSL 3.5 writes it: the seed with the expanded key, which begins with rho.
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
#[test]
fn an_expanded_key_beside_the_seed_must_be_the_seeds() {
    let scheme = Scheme::by_name("mldsa65").unwrap();
    let seed = secret(scheme);
    let both = |seed: &[u8], expanded: &[u8]| {
        let parts = [&[4, 32][..], seed, &[4, 64], expanded].concat();
        pem(scheme, &[&[0x30, 100][..], &parts].concat())
    };
    let public = (scheme.public_key_of)(&seed).unwrap();
    let key = PrivateKey::from_pem(&both(&seed, &public[..64])).unwrap();
    assert_eq!(key.public_key(), public);
    let refused = PrivateKey::from_pem(&both(&[7; 32], &public[..64])).unwrap_err();
    assert!(refused.to_string().contains("differ"), "{refused}");
    let alone = [&[4, 64][..], &public[..64]].concat();
    let refused = PrivateKey::from_pem(&pem(scheme, &alone)).unwrap_err();
    assert!(
        refused.to_string().contains("the seed is needed"),
        "{refused}"
    );
}

/// RFC 5915 fixes the length; programs that write numbers as they are leave zero bytes out, and
/// others put one before them.
#[test]
fn a_scalar_is_a_number() {
    for scheme in SCHEMES.iter().filter(|scheme| scheme.curve_oid.is_some()) {
        let full = secret(scheme);
        let padded = [&[0, 0][..], &full].concat();
        for same in [&full[1..], &padded] {
            let key = PrivateKey::from_pem(&pem_of(scheme, same, None)).unwrap();
            assert_eq!(key.secret(), full, "{}", scheme.name);
        }
        let larger = [&[1][..], &full].concat();
        PrivateKey::from_pem(&pem_of(scheme, &larger, None)).unwrap_err();
    }
}

#[test]
fn a_point_may_be_compressed() {
    for scheme in SCHEMES.iter().filter(|scheme| scheme.curve_oid.is_some()) {
        let point = (scheme.public_key_of)(&secret(scheme)).unwrap();
        let parity = point.last().unwrap() & 1;
        let x = &point[1..][..scheme.field_length];
        let read = |tag: u8, rest: &[u8]| {
            let stated = [&[tag], rest].concat();
            PrivateKey::from_pem(&pem_of(scheme, &secret(scheme), Some(&stated)))
        };
        assert_eq!(read(2 | parity, x).unwrap().public_key(), point);
        assert_eq!(read(6 | parity, &point[1..]).unwrap().public_key(), point);
        let other = EncodingError::KeysDoNotMatch(scheme.title);
        assert_eq!(read(3 ^ parity, x).unwrap_err(), other);
        assert_eq!(read(7 ^ parity, &point[1..]).unwrap_err(), other);
        assert_eq!(read(2 | parity, &x[1..]).unwrap_err(), other);
        assert_eq!(read(4, x).unwrap_err(), other);
    }
}

/// ring 0.16 wrote the public key of Ed25519 by \[1\] EXPLICIT, RFC 8410 by \[1\] IMPLICIT.
#[test]
fn the_public_key_beside_an_ed25519_key_has_either_tag() {
    let scheme = &SCHEMES[0];
    let seed = secret(scheme);
    let public = (scheme.public_key_of)(&seed).unwrap();
    let file = |tag: &[u8], public: &[u8]| {
        let algorithm = [0x30, 5, 6, 3, 0x2b, 0x65, 0x70];
        let key = [&[4, 34, 4, 32][..], &seed].concat();
        let fields = [&[2, 1, 1][..], &algorithm, &key, tag, public].concat();
        [&[0x30, fields.len() as u8][..], &fields].concat()
    };
    for tag in [&[0x81, 33, 0][..], &[0xa1, 35, 3, 33, 0]] {
        let key = PrivateKey::from_file(&file(tag, &public), None).unwrap();
        assert_eq!(key.secret(), seed);
        let refused = PrivateKey::from_file(&file(tag, &[7; 32]), None).unwrap_err();
        assert_eq!(refused, EncodingError::KeysDoNotMatch(scheme.title));
    }
    PrivateKey::from_file(&file(&[0x82, 33, 0], &public), None).unwrap_err();
}

#[test]
fn der_is_read_as_pem_is() {
    for scheme in SCHEMES {
        let pem = pem_of(scheme, &secret(scheme), None);
        let (_, der) = SecretDocument::from_pem(&pem).unwrap();
        let key = PrivateKey::from_file(der.as_bytes(), None).unwrap();
        assert_eq!(key.secret(), secret(scheme));
        let cut = &der.as_bytes()[..der.as_bytes().len() - 1];
        assert!(PrivateKey::from_file(cut, None).is_err());
    }
}

#[test]
fn other_algorithms_are_refused() {
    let rsa = "1.2.840.113549.1.1.1";
    let secp256k1 = "1.3.132.0.10";
    let ec = "1.2.840.10045.2.1";
    for (algorithm, curve, name) in [
        (rsa, None, "RSA"),
        (ec, Some(secp256k1), "secp256k1"),
        (ec, None, "an elliptic curve"),
        ("1.2.3.4", None, "1.2.3.4"),
    ] {
        let scheme = Scheme {
            algorithm_oid: algorithm.parse().unwrap(),
            curve_oid: curve.map(|oid| oid.parse().unwrap()),
            ..SCHEMES[1]
        };
        let error = PrivateKey::from_pem(&pem(&scheme, &[0; 32])).unwrap_err();
        assert_eq!(error, EncodingError::KeyAlgorithm(name.into()));
    }
}

#[test]
fn debug_shows_nothing_secret() {
    let scheme = &SCHEMES[0];
    let key = PrivateKey::from_pem(&pem_of(scheme, &secret(scheme), None)).unwrap();
    assert!(!format!("{key:?}").contains("43, 43"));
}
