//! Wycheproof through [`HwCrypto`]; the numbers are those of the data sets.

use mls_tests::P521;
use mls_tests::conformance::{
    Counts,
    wycheproof::{
        self, Curve, aes_gcm, chacha20_poly1305, ecdh, ecdh_asn1, ecdsa, ed25519, hkdf, hmac,
    },
};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::types::{HashType, SignatureScheme};

fn crypto() -> HwCrypto {
    HwCrypto::default()
}

/// 31 of the 254 `acceptable` cases have an all-zero shared secret.
#[test]
fn x25519() {
    wycheproof::x25519(&crypto()).assert(Counts::new(518 - 31, 31));
}

/// Refused: compressed points, points off the curve, points of other curves.
#[test]
fn ecdh_points() {
    ecdh(&crypto(), Curve::P256).assert(Counts::new(355 - 25, 25));
    ecdh(&crypto(), Curve::P384).assert(Counts::new(790 - 19, 19));
    if P521 == 1 {
        ecdh(&crypto(), Curve::P521).assert(Counts::new(661 - 29, 29));
    }
}

#[test]
fn ecdh_points_in_asn1() {
    ecdh_asn1(&crypto(), Curve::P256).assert(Counts::new(0, 612));
    ecdh_asn1(&crypto(), Curve::P384).assert(Counts::new(0, 1047));
    if P521 == 1 {
        ecdh_asn1(&crypto(), Curve::P521).assert(Counts::new(0, 916));
    }
}

#[test]
fn ecdsa_signatures() {
    use SignatureScheme::*;
    ecdsa(&crypto(), ECDSA_SECP256R1_SHA256).assert(Counts::new(174, 310));
    ecdsa(&crypto(), ECDSA_SECP384R1_SHA384).assert(Counts::new(194, 310));
    if P521 == 1 {
        ecdsa(&crypto(), ECDSA_SECP521R1_SHA512).assert(Counts::new(232, 310));
    }
}

#[test]
fn ed25519_signatures() {
    ed25519(&crypto()).assert(Counts::new(88, 63));
}

/// Refused: 54 modified tags with AES-128 or AES-256 and a nonce of 96 bits, and the 183 cases with
/// AES-192 or another nonce.
#[test]
fn aes_gcm_ciphertexts() {
    aes_gcm(&crypto()).assert(Counts::new(79, 54 + 183));
}

/// Refused: 60 modified tags, 9 nonces of other than 96 bits.
#[test]
fn chacha20_poly1305_ciphertexts() {
    chacha20_poly1305(&crypto()).assert(Counts::new(256, 69));
}

/// Refused: three outputs a hash that are longer than 255 hashes.
#[test]
fn hkdf_outputs() {
    hkdf(&crypto(), HashType::Sha2_256).assert(Counts::new(83, 3));
    hkdf(&crypto(), HashType::Sha2_384).assert(Counts::new(80, 3));
    hkdf(&crypto(), HashType::Sha2_512).assert(Counts::new(80, 3));
}

/// Refused: 108 modified tags a hash.
#[test]
fn hmac_tags() {
    hmac(&crypto(), HashType::Sha2_256).assert(Counts::new(66, 108));
    hmac(&crypto(), HashType::Sha2_384).assert(Counts::new(66, 108));
    hmac(&crypto(), HashType::Sha2_512).assert(Counts::new(66, 108));
}
