//! Public keys for other programs: PEM, and the JSON of Wire.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use mls_signer_message::encoding::EncodingError;
use mls_signer_message::encoding::public_key::{SchemeKey, is_on_curve, pem, wire_jwk, wire_raw};
use mls_signer_message::scheme::{SCHEMES, Scheme};
use serde_json::json;

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

#[test]
fn a_point_is_on_its_curve_or_is_none() {
    for scheme in SCHEMES.iter().filter(|scheme| scheme.curve_oid.is_some()) {
        let mut scalar = vec![0; scheme.field_length];
        scalar[scheme.field_length - 1] = 7;
        let point = (scheme.public_key_of)(&scalar).unwrap();
        assert!(is_on_curve(scheme, &point), "{}", scheme.name);
        let mut zeros = vec![0; scheme.public_key_length];
        assert!(!is_on_curve(scheme, &zeros), "{}", scheme.name);
        zeros[0] = 4;
        assert!(!is_on_curve(scheme, &zeros), "{}", scheme.name);
        let mut moved = point;
        *moved.last_mut().unwrap() ^= 1;
        assert!(!is_on_curve(scheme, &moved), "{}", scheme.name);
    }
}
