//! Malformed input to [`HwCrypto`]: refused, with the right error, without a panic.

use mls_tests::P521;
use mls_tests::conformance::{
    Counts,
    malformed::{
        aead, hkdf, hpke_ciphertexts, hpke_exports, hpke_keys, hpke_unsupported, signature_keys,
        signature_unsupported, signatures,
    },
};
use openmls_hw_crypto::HwCrypto;

/// NIST's curves.
const NIST: usize = 2 + P521;
/// And X25519.
const KEMS: usize = 1 + NIST;

fn crypto() -> HwCrypto {
    HwCrypto::default()
}

/// Four lengths that are too long and two short keys for each of three hashes.
#[test]
fn hkdf_lengths() {
    hkdf(&crypto()).assert(Counts::new(3 * 4, 3 * (4 + 2)));
}

/// For each AEAD: 10 lengths both ways, 25 truncations, one extension, flipped bits (of 25 bytes of
/// ciphertext and tag, the nonce, the key and 15 bytes of additional data), no additional data.
#[test]
fn aead_keys_nonces_and_ciphertexts() {
    let flips = 3 * 8 * (25 + 12 + 15) + 8 * (16 + 32 + 32);
    aead(&crypto()).assert(Counts::new(3, 3 * (2 * 10 + 25 + 1 + 1) + flips));
}

/// For ECDSA 9 private keys, 14 encodings and 6 points; for Ed25519 3 private and 4 public keys.
#[test]
fn keys_of_signatures() {
    signature_keys(&crypto()).assert(Counts::new(NIST, NIST * (9 + 14 + 6) + 3 + 4));
}

/// For each scheme one valid signature, and every truncation, every flipped bit, another message
/// for each of 56 bits, one extension and zeros; for ECDSA also `r | s`.
#[test]
fn signatures_that_are_none() {
    // RFC 8032 and RFC 6979 make the reference's signatures the same each time.
    let bytes = 64 + 70 + 103 + 139 * P521;
    let schemes = 1 + NIST;
    signatures(&crypto()).assert(Counts::new(schemes, 9 * bytes + schemes * (56 + 2) + NIST));
}

#[test]
fn unsupported_signature_schemes() {
    signature_unsupported(&crypto()).assert(Counts::new(0, 3));
}

/// Four functions take a public or encapsulated key, two of them a private key. For each NIST curve
/// 14 encodings, 6 points and 9 private keys; for X25519 3 lengths, 14 points and 3 private keys.
#[test]
fn keys_of_hpke() {
    let nist = 4 * (14 + 6) + 2 * 9;
    let x25519 = 4 * (3 + 14) + 2 * 3;
    hpke_keys(&crypto()).assert(Counts::new(0, NIST * nist + x25519));
}

/// For each KEM every truncation and every flipped bit of 25 bytes, one extension, 4 other inputs.
#[test]
fn ciphertexts_of_hpke() {
    hpke_ciphertexts(&crypto()).assert(Counts::new(KEMS, KEMS * (9 * 25 + 1 + 4)));
}

/// Four lengths that are too long for each of three KDFs, as sender and as receiver.
#[test]
fn export_lengths_of_hpke() {
    hpke_exports(&crypto()).assert(Counts::new(3 * 4, 3 * 4 * 2));
}

/// Sealing and opening with the export-only AEAD for each KEM; all five functions with X448.
#[test]
fn unsupported_hpke_algorithms() {
    hpke_unsupported(&crypto()).assert(Counts::new(0, 2 * KEMS + 5));
}
