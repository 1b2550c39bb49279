//! Public keys from private ones: each takes a private scalar or seed of the scheme's length,
//! and gives the public key as MLS carries it.

use aws_lc_rs::agreement::{Algorithm, PrivateKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
use aws_lc_rs::signature::{PqdsaKeyPair, PqdsaSigningAlgorithm};

/// Ed25519 (RFC 8032, section 5.1.5).
pub(crate) fn ed25519(seed: &[u8]) -> Option<Vec<u8>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}

/// The uncompressed point; none when the scalar is out of range.
pub(crate) fn ecdsa(curve: &'static Algorithm, scalar: &[u8]) -> Option<Vec<u8>> {
    let private = PrivateKey::from_private_key(curve, scalar).ok()?;
    Some(private.compute_public_key().ok()?.as_ref().to_vec())
}

/// Ed448 (RFC 8032, section 5.2.5), by the crate that verifies it, for AWS-LC has no Ed448.
#[cfg(feature = "curve448")]
pub(crate) fn ed448(seed: &[u8]) -> Option<Vec<u8>> {
    let key = ed448_goldilocks::SigningKey::try_from(seed).ok()?;
    Some(key.verifying_key().as_bytes().to_vec())
}

/// ML-DSA.KeyGen_internal (FIPS 204, algorithm 6) of a seed of 32 bytes.
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
pub(crate) fn ml_dsa(set: &'static PqdsaSigningAlgorithm, seed: &[u8]) -> Option<Vec<u8>> {
    let pair = PqdsaKeyPair::from_seed(set, seed).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}
