//! Ed25519 (RFC 8032).

use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::backend::ed25519::{self, Key};

const SEED_LEN: usize = 32;
const PUBLIC_LEN: usize = 32;
const SIGNATURE_LEN: usize = 64;

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
        if public.len() != PUBLIC_LEN {
            return Err(CryptoError::InvalidPublicKey);
        }
        if signature.len() != SIGNATURE_LEN {
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
