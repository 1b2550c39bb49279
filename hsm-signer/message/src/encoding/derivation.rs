//! Public keys from private ones: each takes a private scalar or seed of the scheme's length,
//! and gives the public key as MLS carries it.

use aws_lc_rs::agreement::{Algorithm, ECDH_P256, ECDH_P384, ECDH_P521, PrivateKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

/// Ed25519 (RFC 8032, section 5.1.5).
pub fn ed25519(seed: &[u8]) -> Option<Vec<u8>> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).ok()?;
    Some(pair.public_key().as_ref().to_vec())
}

/// P-256: the uncompressed point; none when the scalar is out of range.
pub fn ecdsa_p256(scalar: &[u8]) -> Option<Vec<u8>> {
    point(&ECDH_P256, scalar)
}

/// P-384: the uncompressed point; none when the scalar is out of range.
pub fn ecdsa_p384(scalar: &[u8]) -> Option<Vec<u8>> {
    point(&ECDH_P384, scalar)
}

/// P-521: the uncompressed point; none when the scalar is out of range.
pub fn ecdsa_p521(scalar: &[u8]) -> Option<Vec<u8>> {
    point(&ECDH_P521, scalar)
}

fn point(curve: &'static Algorithm, scalar: &[u8]) -> Option<Vec<u8>> {
    let private = PrivateKey::from_private_key(curve, scalar).ok()?;
    Some(private.compute_public_key().ok()?.as_ref().to_vec())
}

/// Ed448 (RFC 8032, section 5.2.5), by the crate that verifies it, for AWS-LC has no Ed448.
#[cfg(feature = "curve448")]
pub fn ed448(seed: &[u8]) -> Option<Vec<u8>> {
    let key = ed448_goldilocks::SigningKey::try_from(seed).ok()?;
    Some(key.verifying_key().as_bytes().to_vec())
}

#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
pub use ml_dsa::{ml_dsa_44, ml_dsa_65, ml_dsa_87};

/// ML-DSA.KeyGen_internal (FIPS 204, algorithm 6) of a seed of 32 bytes.
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
mod ml_dsa {
    use aws_lc_rs::signature::{
        KeyPair, ML_DSA_44_SIGNING, ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair,
        PqdsaSigningAlgorithm,
    };

    /// ML-DSA-44.
    pub fn ml_dsa_44(seed: &[u8]) -> Option<Vec<u8>> {
        of_seed(&ML_DSA_44_SIGNING, seed)
    }

    /// ML-DSA-65.
    pub fn ml_dsa_65(seed: &[u8]) -> Option<Vec<u8>> {
        of_seed(&ML_DSA_65_SIGNING, seed)
    }

    /// ML-DSA-87.
    pub fn ml_dsa_87(seed: &[u8]) -> Option<Vec<u8>> {
        of_seed(&ML_DSA_87_SIGNING, seed)
    }

    fn of_seed(set: &'static PqdsaSigningAlgorithm, seed: &[u8]) -> Option<Vec<u8>> {
        let pair = PqdsaKeyPair::from_seed(set, seed).ok()?;
        Some(pair.public_key().as_ref().to_vec())
    }
}
