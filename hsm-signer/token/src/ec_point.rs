//! CKA_EC_POINT: the public key as a token gives it.
//!
//! PKCS#11 asks for a DER OCTET STRING around the point; modules also give the bare
//! point, or a DER BIT STRING. A bare uncompressed point begins with 04 and so does an
//! OCTET STRING, so the length decides: the bare key has exactly the scheme's length,
//! and DER is always longer.

use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Encode};

use mls_signer_message::encoding::EncodingError;
use mls_signer_message::scheme::{Algorithm, Scheme};

/// The first byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// The public key in `attribute` as MLS carries it: the bare key for EdDSA, the
/// uncompressed point for ECDSA. That the point lies on the curve is not checked here;
/// verification refuses any other.
///
/// # Errors
/// [`EncodingError::Point`] when `attribute` is none of the three forms.
pub fn public_key(attribute: &[u8], scheme: &Scheme) -> Result<Vec<u8>, EncodingError> {
    let key = unwrapped(attribute, scheme.public_key_length).filter(|key| match scheme.algorithm {
        Algorithm::EdDsa => true,
        Algorithm::EcDsa { .. } => key.first() == Some(&UNCOMPRESSED),
        // It has no point; see `public_value`.
        Algorithm::MlDsa => false,
    });
    key.map(<[u8]>::to_vec).ok_or(EncodingError::Point {
        scheme: scheme.title,
        expected: scheme.public_key_length,
        found: attribute.len(),
    })
}

/// The value of CKA_EC_POINT for `public_key`, as PKCS#11 defines it: DER OCTET STRING.
///
/// # Errors
/// [`EncodingError::Point`] when `public_key` is not of the scheme's length.
pub fn attribute(public_key: &[u8], scheme: &Scheme) -> Result<Vec<u8>, EncodingError> {
    let wrong = || EncodingError::Point {
        scheme: scheme.title,
        expected: scheme.public_key_length,
        found: public_key.len(),
    };
    if public_key.len() != scheme.public_key_length {
        return Err(wrong());
    }
    OctetStringRef::new(public_key)
        .and_then(|octets| octets.to_der())
        .map_err(|_| wrong())
}

fn unwrapped(attribute: &[u8], length: usize) -> Option<&[u8]> {
    if attribute.len() == length {
        return Some(attribute);
    }
    let octets = <&OctetStringRef>::from_der(attribute)
        .ok()
        .map(OctetStringRef::as_bytes);
    let bits = || {
        BitStringRef::from_der(attribute)
            .ok()
            .and_then(|bits| bits.as_bytes())
    };
    octets.or_else(bits).filter(|key| key.len() == length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_signer_message::scheme::SCHEMES;
    use proptest::prelude::*;

    fn curves() -> impl Iterator<Item = &'static Scheme> {
        SCHEMES.iter().filter(|s| s.algorithm != Algorithm::MlDsa)
    }

    fn key(scheme: &Scheme) -> Vec<u8> {
        let mut key = vec![0x5a; scheme.public_key_length];
        key[0] = UNCOMPRESSED;
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
}
