//! Public keys for other programs: SubjectPublicKeyInfo in PEM, and the JSON of Wire's
//! `GET /mls/public-keys`.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey,
};
use base64ct::{Base64UrlUnpadded, Encoding};
use der::EncodePem;
use der::asn1::{Any, BitString};
use der::pem::LineEnding;
use openmls_traits::types::SignatureScheme;
use serde_json::{Map, Value, json};
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::{EncodingError, base64};
use crate::scheme::{Jwk, Scheme};

/// A public key as MLS carries it, with its scheme.
pub type SchemeKey = (&'static Scheme, Vec<u8>);

/// SubjectPublicKeyInfo (RFC 5280, RFC 5480, RFC 8410, RFC 9881) in PEM.
///
/// # Errors
/// [`EncodingError::Point`] when the key does not have the scheme's length.
pub fn pem((scheme, key): &SchemeKey) -> Result<String, EncodingError> {
    check_length(scheme, key)?;
    subject_public_key_info(scheme, key).map_err(|_| wrong_length(scheme, key))
}

fn subject_public_key_info(scheme: &Scheme, key: &[u8]) -> der::Result<String> {
    let curve = scheme.curve_oid.map(|oid| Any::encode_from(&oid));
    let info = SubjectPublicKeyInfo {
        algorithm: AlgorithmIdentifier {
            oid: scheme.algorithm_oid,
            parameters: curve.transpose()?,
        },
        subject_public_key: BitString::from_bytes(key)?,
    };
    info.to_pem(LineEnding::LF)
}

/// `{"removal":{"ed25519":"<base64>", ...}}`: what Wire's backend answers to
/// `GET /mls/public-keys`, keys as MLS carries them in standard base64.
///
/// # Errors
/// [`EncodingError`] when two keys share a scheme or one has a wrong length.
pub fn wire_raw(keys: &[SchemeKey]) -> Result<Value, EncodingError> {
    wire(keys, |_, key| Value::String(base64(key)))
}

/// The same with each key as a JWK (RFC 7517; RFC 8037 for EdDSA, RFC 9964 for ML-DSA), which
/// is Wire's answer to `GET /mls/public-keys?format=jwk`.
///
/// # Errors
/// As [`wire_raw`].
pub fn wire_jwk(keys: &[SchemeKey]) -> Result<Value, EncodingError> {
    wire(keys, jwk)
}

fn wire(
    keys: &[SchemeKey],
    format: impl Fn(&Scheme, &[u8]) -> Value,
) -> Result<Value, EncodingError> {
    let mut removal = Map::new();
    for (scheme, key) in keys {
        check_length(scheme, key)?;
        let before = removal.insert(scheme.name.into(), format(scheme, key));
        if before.is_some() {
            return Err(EncodingError::SchemeTwice(scheme.title));
        }
    }
    Ok(json!({ "removal": removal }))
}

fn jwk(scheme: &Scheme, key: &[u8]) -> Value {
    let encode = Base64UrlUnpadded::encode_string;
    match scheme.jwk {
        Jwk::Algorithm(alg) => json!({ "kty": "AKP", "alg": alg, "pub": encode(key) }),
        Jwk::Curve(kty, crv) if scheme.curve_oid.is_none() => {
            json!({ "kty": kty, "crv": crv, "x": encode(key) })
        }
        Jwk::Curve(kty, crv) => {
            let (x, y) = key[1..].split_at(scheme.field_length);
            json!({ "kty": kty, "crv": crv, "x": encode(x), "y": encode(y) })
        }
    }
}

/// Whether the bytes are a point of the scheme's curve other than the one at infinity; of schemes
/// without named curves this says nothing.
pub fn is_on_curve(scheme: &Scheme, key: &[u8]) -> bool {
    let algorithm = match scheme.signature_scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => &ECDSA_P256_SHA256_ASN1,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => &ECDSA_P384_SHA384_ASN1,
        SignatureScheme::ECDSA_SECP521R1_SHA512 => &ECDSA_P521_SHA512_ASN1,
        _ => return true,
    };
    ParsedPublicKey::new(algorithm, key).is_ok()
}

fn check_length(scheme: &Scheme, key: &[u8]) -> Result<(), EncodingError> {
    if key.len() == scheme.public_key_length {
        Ok(())
    } else {
        Err(wrong_length(scheme, key))
    }
}

fn wrong_length(scheme: &Scheme, key: &[u8]) -> EncodingError {
    EncodingError::Point {
        scheme: scheme.title,
        expected: scheme.public_key_length,
        found: key.len(),
    }
}
