//! Public keys for other programs: SubjectPublicKeyInfo in PEM, and the JSON of Wire's
//! `GET /mls/public-keys`.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use der::EncodePem;
use der::asn1::{Any, BitString};
use der::pem::LineEnding;
use serde_json::{Map, Value, json};
use spki::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::EncodingError;
use crate::scheme::{Jwk, Scheme};

/// A public key as MLS carries it, with its scheme.
pub type SchemeKey = (&'static Scheme, Vec<u8>);

/// SubjectPublicKeyInfo (RFC 5280, RFC 5480, RFC 8410, RFC 9881) in PEM.
///
/// # Errors
/// [`EncodingError::Point`] when the key does not have the scheme's length.
pub fn pem((scheme, key): &SchemeKey) -> Result<String, EncodingError> {
    check_length(scheme, key)?;
    let parameters = scheme
        .curve_oid
        .map(|oid| Any::encode_from(&oid))
        .transpose();
    let encoded = parameters.and_then(|parameters| {
        let algorithm = AlgorithmIdentifier {
            oid: scheme.algorithm_oid,
            parameters,
        };
        let subject_public_key = BitString::from_bytes(key)?;
        SubjectPublicKeyInfo {
            algorithm,
            subject_public_key,
        }
        .to_pem(LineEnding::LF)
    });
    encoded.map_err(|_| wrong_length(scheme, key))
}

/// `{"removal":{"ed25519":"<base64>", ...}}`: what Wire's backend answers to
/// `GET /mls/public-keys`, keys as MLS carries them in standard base64.
///
/// # Errors
/// [`EncodingError`] when two keys share a scheme or one has a wrong length.
pub fn wire_raw(keys: &[SchemeKey]) -> Result<Value, EncodingError> {
    wire(keys, |_, key| Value::String(Base64::encode_string(key)))
}

/// The same with each key as a JWK (RFC 7517; RFC 8037 for EdDSA, RFC 9964 for ML-DSA),
/// which is Wire's
/// answer to `GET /mls/public-keys?format=jwk`.
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
        if removal
            .insert(scheme.name.into(), format(scheme, key))
            .is_some()
        {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::SCHEMES;

    fn keys() -> Vec<SchemeKey> {
        let key = |scheme: &Scheme| {
            let mut key: Vec<u8> = (0..scheme.public_key_length).map(|n| n as u8).collect();
            key[0] = 4;
            key
        };
        SCHEMES.iter().map(|scheme| (scheme, key(scheme))).collect()
    }

    #[test]
    fn raw_is_wires_json() {
        let p256 = "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4\
                    OTo7PD0+P0A=";
        let ed25519 = "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        assert_eq!(
            wire_raw(&keys()[..2]).unwrap(),
            json!({ "removal": { "ed25519": ed25519, "ecdsa_secp256r1_sha256": p256 } })
        );
    }

    #[test]
    fn jwk_is_wires_json() {
        let json = wire_jwk(&keys()).unwrap();
        assert_eq!(
            json["removal"]["ed25519"],
            json!({"kty": "OKP", "crv": "Ed25519",
                   "x": "BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"})
        );
        assert_eq!(
            json["removal"]["ecdsa_secp256r1_sha256"],
            json!({"kty": "EC", "crv": "P-256",
                   "x": "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA",
                   "y": "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0A"})
        );
        let p521 = &json["removal"]["ecdsa_secp521r1_sha512"];
        assert_eq!(
            (p521["crv"].as_str(), p521["x"].as_str().unwrap().len()),
            (Some("P-521"), 88)
        );
    }

    /// RFC 8037 and RFC 9964.
    #[test]
    fn jwk_of_the_schemes_that_features_bring() {
        let json = wire_jwk(&keys()).unwrap();
        for (scheme, key) in keys().iter().filter(|(scheme, _)| !scheme.of_wire) {
            let value = Base64UrlUnpadded::encode_string(key);
            let expected = match scheme.name {
                "ed448" => json!({"kty": "OKP", "crv": "Ed448", "x": value}),
                name => {
                    json!({"kty": "AKP", "alg": format!("ML-DSA-{}", &name[5..]), "pub": value})
                }
            };
            assert_eq!(json["removal"][scheme.name], expected);
        }
    }

    #[test]
    fn the_pem_of_a_known_key() {
        // RFC 8410, section 10.1.
        let key = Base64::decode_vec("Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=").unwrap();
        assert_eq!(
            pem(&(&SCHEMES[0], key)).unwrap(),
            "-----BEGIN PUBLIC KEY-----\n\
             MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n\
             -----END PUBLIC KEY-----\n"
        );
    }

    #[test]
    fn two_keys_of_one_scheme_and_wrong_lengths_are_refused() {
        let twice = [keys()[0].clone(), keys()[0].clone()];
        assert_eq!(wire_raw(&twice), Err(EncodingError::SchemeTwice("Ed25519")));
        for (scheme, key) in keys() {
            let short = (scheme, key[1..].to_vec());
            assert!(pem(&short).is_err());
            assert!(wire_jwk(&[short]).is_err());
        }
    }
}
