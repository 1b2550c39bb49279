//! CKA_EC_POINT in the forms that modules give it.

use der::Encode;
use der::asn1::BitStringRef;
use mls_signer_message::scheme::{Algorithm, SCHEMES, Scheme};
use mls_signer_token::ec_point::{attribute, public_key};
use proptest::prelude::*;

fn curves() -> impl Iterator<Item = &'static Scheme> {
    SCHEMES.iter().filter(|s| s.algorithm != Algorithm::MlDsa)
}

fn key(scheme: &Scheme) -> Vec<u8> {
    let mut key = vec![0x5a; scheme.public_key_length];
    // Uncompressed (SEC 1, section 2.3.3).
    key[0] = 0x04;
    key
}

fn bit_string(key: &[u8]) -> Vec<u8> {
    BitStringRef::from_bytes(key).unwrap().to_der().unwrap()
}

#[test]
fn the_three_forms_give_the_same_key() {
    for scheme in curves() {
        let key = key(scheme);
        for form in [
            key.clone(),
            attribute(&key, scheme).unwrap(),
            bit_string(&key),
        ] {
            assert_eq!(public_key(&form, scheme).unwrap(), key, "{}", scheme.name);
        }
    }
}

#[test]
fn forms_as_modules_write_them() {
    let scheme = Scheme::by_name("ecdsa_secp521r1_sha512").unwrap();
    let octets = attribute(&key(scheme), scheme).unwrap();
    assert_eq!(octets[..4], [0x04, 0x81, 0x85, 0x04]);
    let scheme = Scheme::by_name("ed25519").unwrap();
    assert_eq!(attribute(&key(scheme), scheme).unwrap()[..2], [0x04, 0x20]);
}

/// As tpm2-pkcs11 1.9 gives it: the length of P-521's point, 133, in one byte, where DER takes two.
#[test]
fn an_octet_string_whose_length_is_not_der_is_read() {
    for scheme in curves().filter(|s| s.algorithm != Algorithm::EdDsa) {
        let key = key(scheme);
        let length = u8::try_from(key.len()).unwrap();
        for header in [
            &[0x04, length][..],
            &[0x04, 0x81, length],
            &[0x04, 0x82, 0, length],
        ] {
            let given = [header, &key].concat();
            assert_eq!(public_key(&given, scheme).unwrap(), key, "{header:02x?}");
        }
        for header in [
            &[0x04, length + 1][..],
            &[0x05, length],
            &[length],
            &[0x04, 0, 0, 0, length],
        ] {
            let given = [header, &key].concat();
            assert!(public_key(&given, scheme).is_err(), "{header:02x?}");
        }
    }
}

#[test]
fn a_bare_key_that_looks_like_der_is_taken_by_its_length() {
    let scheme = Scheme::by_name("ed25519").unwrap();
    let mut looks_like_der = vec![0x04, 0x1e];
    looks_like_der.resize(32, 0x11);
    assert_eq!(public_key(&looks_like_der, scheme).unwrap(), looks_like_der);
}

#[test]
fn other_lengths_compressed_points_and_trailing_bytes_are_refused() {
    for scheme in curves() {
        let key = key(scheme);
        let octets = attribute(&key, scheme).unwrap();
        let mut compressed = vec![0x5a; 1 + scheme.field_length];
        compressed[0] = 0x02;
        let mut unused_bits = bit_string(&key);
        let at = unused_bits.len() - key.len() - 1;
        unused_bits[at] = 1;
        for wrong in [
            Vec::new(),
            key[1..].to_vec(),
            [&key[..], &[0]].concat(),
            [&octets[..], &[0]].concat(),
            octets[..octets.len() - 1].to_vec(),
            compressed,
            unused_bits,
        ] {
            assert!(
                public_key(&wrong, scheme).is_err(),
                "{} {wrong:02x?}",
                scheme.name
            );
        }
        assert!(attribute(&key[1..], scheme).is_err());
    }
}

#[test]
fn hybrid_points_are_refused() {
    for scheme in curves().filter(|s| s.algorithm != Algorithm::EdDsa) {
        for first in [0x00, 0x02, 0x03, 0x05, 0x06, 0x07] {
            let mut key = key(scheme);
            key[0] = first;
            assert!(public_key(&key, scheme).is_err());
        }
    }
}

proptest! {
    #[test]
    fn no_input_panics_and_what_passes_has_the_length(
        bytes in proptest::collection::vec(any::<u8>(), 0..160),
        which in 0..4usize,
    ) {
        let scheme = &SCHEMES[which];
        if let Ok(key) = public_key(&bytes, scheme) {
            prop_assert_eq!(key.len(), scheme.public_key_length);
        }
    }
}
