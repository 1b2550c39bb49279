//! Ed25519 (RFC 8032), with the strictest verdict that providers for OpenMLS have in common: that of
//! `verify_strict` in `ed25519-dalek`, which `openmls_rust_crypto` uses.
//!
//! AWS-LC and ring agree with it on the equation, on `S` and on `R`, and accept keys and `R` of small
//! order. With one verdict for all no message splits a group whose members use different providers.

use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::backend::ed25519::{self, Key};
use crate::encoding::is_strict_edwards_point;

const SEED_LEN: usize = 32;
const PUBLIC_LEN: usize = 32;
/// Of a signature, after `R`.
const S_LEN: usize = 32;

/// Ed25519.
pub(super) struct Ed25519;

impl Scheme for Ed25519 {
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(Key::generate()?))
    }

    fn import(&'static self, seed: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        if seed.len() != SEED_LEN {
            return Err(CryptoError::InvalidLength);
        }
        let seed = Zeroizing::new(seed.to_vec());
        Ok(Box::new(Key::with_seed(seed)?))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let key: &[u8; PUBLIC_LEN] = public
            .try_into()
            .map_err(|_| CryptoError::InvalidPublicKey)?;
        let (r, s) = signature
            .split_first_chunk()
            .ok_or(CryptoError::InvalidSignature)?;
        let is_strict = is_strict_edwards_point(key) && is_strict_edwards_point(r);
        if s.len() != S_LEN || !is_strict {
            return Err(CryptoError::InvalidSignature);
        }
        ed25519::verify(message, public, signature)
    }
}

impl SigningKey for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.sign(message)
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(self.seed().clone())
    }

    fn public(&self) -> &[u8] {
        self.public()
    }
}
