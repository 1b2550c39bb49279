//! Ed25519 by ring.

use openmls_traits::types::CryptoError;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::random;

const SEED_LEN: usize = 32;

/// A key whose public half ring derived from its seed: a signature can never
/// be made under another one (RUSTSEC-2022-0093).
pub(crate) struct Key {
    /// ring does not wipe it.
    key_pair: Ed25519KeyPair,
    /// On the heap, where moving the key does not copy it.
    seed: Zeroizing<Vec<u8>>,
}

impl Key {
    /// Any 32 random bytes are a seed (RFC 8032, section 5.1.5).
    pub(crate) fn generate() -> Result<Self, CryptoError> {
        let mut seed = Zeroizing::new(vec![0; SEED_LEN]);
        random::fill(&mut seed)?;
        Self::with_seed(seed)
    }

    /// The key of a seed of 32 bytes.
    pub(crate) fn with_seed(seed: Zeroizing<Vec<u8>>) -> Result<Self, CryptoError> {
        let key_pair = Ed25519KeyPair::from_seed_unchecked(&seed);
        let key_pair = key_pair.map_err(|_| CryptoError::SigningError)?;
        Ok(Self { key_pair, seed })
    }

    pub(crate) fn seed(&self) -> &Zeroizing<Vec<u8>> {
        &self.seed
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.key_pair.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Ok(self.key_pair.sign(message).as_ref().to_vec())
    }
}

/// Verifies a `signature` of 64 bytes under a key of 32.
pub(crate) fn verify(message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .map_err(|_| CryptoError::InvalidSignature)
}
