//! Ed25519 (RFC 8032) by AWS-LC.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

const SEED_LEN: usize = 32;
const PUBLIC_LEN: usize = 32;
const SIGNATURE_LEN: usize = 64;

/// A key whose public half AWS-LC derived from its seed: a signature can never
/// be made under another one (RUSTSEC-2022-0093).
pub(crate) struct Ed25519Key(Ed25519KeyPair);

impl Ed25519Key {
    pub(crate) fn generate() -> Result<Self, CryptoError> {
        Ed25519KeyPair::generate()
            .map(Self)
            .map_err(|_| CryptoError::InsufficientRandomness)
    }

    pub(crate) fn import(seed: &[u8]) -> Result<Self, CryptoError> {
        if seed.len() != SEED_LEN {
            return Err(CryptoError::InvalidLength);
        }
        Ed25519KeyPair::from_seed_unchecked(seed)
            .map(Self)
            .map_err(|_| CryptoError::SigningError)
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.0
            .try_sign(message)
            .map(|signature| signature.as_ref().to_vec())
            .map_err(|_| CryptoError::SigningError)
    }

    pub(crate) fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        use aws_lc_rs::encoding::AsBigEndian;
        let seed = self
            .0
            .seed()
            .and_then(|seed| seed.as_be_bytes())
            .map_err(|_| CryptoError::CryptoLibraryError)?;
        Ok(Zeroizing::new(seed.as_ref().to_vec()))
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }
}

pub(crate) fn verify(message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    if public.len() != PUBLIC_LEN {
        return Err(CryptoError::InvalidPublicKey);
    }
    if signature.len() != SIGNATURE_LEN {
        return Err(CryptoError::InvalidSignature);
    }
    UnparsedPublicKey::new(&ED25519, public)
        .verify(message, signature)
        .map_err(|_| CryptoError::InvalidSignature)
}
