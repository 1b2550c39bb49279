//! CKA_EC_POINT: the public key as a token gives it.
//!
//! PKCS#11 asks for a DER OCTET STRING around the point; modules also give the bare
//! point, or a DER BIT STRING. A bare uncompressed point begins with 04 and so does an
//! OCTET STRING, so the length decides: the bare key has exactly the scheme's length,
//! and DER is always longer. What is neither, and an OCTET STRING but for the form of its
//! length, is read all the same: tpm2-pkcs11 1.9 writes the 133 bytes of P-521's in one byte.

use der::asn1::{BitStringRef, OctetStringRef};
use der::{Decode, Encode};

use mls_signer_message::encoding::EncodingError;
use mls_signer_message::scheme::{Algorithm, Scheme};

/// The first byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// The tag of an OCTET STRING.
const OCTET_STRING: u8 = 0x04;

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
    key.map(<[u8]>::to_vec)
        .ok_or_else(|| not_a_point(scheme, attribute))
}

/// The value of CKA_EC_POINT for `public_key`, as PKCS#11 defines it: DER OCTET STRING.
///
/// # Errors
/// [`EncodingError::Point`] when `public_key` is not of the scheme's length.
pub fn attribute(public_key: &[u8], scheme: &Scheme) -> Result<Vec<u8>, EncodingError> {
    let has_length = public_key.len() == scheme.public_key_length;
    let octets = OctetStringRef::new(public_key).and_then(|octets| octets.to_der());
    octets
        .ok()
        .filter(|_| has_length)
        .ok_or_else(|| not_a_point(scheme, public_key))
}

fn not_a_point(scheme: &Scheme, bytes: &[u8]) -> EncodingError {
    EncodingError::Point {
        scheme: scheme.title,
        expected: scheme.public_key_length,
        found: bytes.len(),
    }
}

fn unwrapped(attribute: &[u8], length: usize) -> Option<&[u8]> {
    if attribute.len() == length {
        return Some(attribute);
    }
    let key = match <&OctetStringRef>::from_der(attribute) {
        Ok(octets) => octets.as_bytes(),
        Err(_) => bits(attribute).or_else(|| octets_in_no_der(attribute, length))?,
    };
    (key.len() == length).then_some(key)
}

fn bits(attribute: &[u8]) -> Option<&[u8]> {
    BitStringRef::from_der(attribute).ok()?.as_bytes()
}

/// What stands behind an OCTET STRING's tag and a length in some form that ends in `length`.
fn octets_in_no_der(attribute: &[u8], length: usize) -> Option<&[u8]> {
    let (header, key) = attribute.split_at_checked(attribute.len().checked_sub(length)?)?;
    let ends_in_length = header.last().map(|last| usize::from(*last)) == Some(length);
    let is_header = (2..=4).contains(&header.len()) && header[0] == OCTET_STRING;
    (is_header && ends_in_length).then_some(key)
}
