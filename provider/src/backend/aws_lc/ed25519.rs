//! Ed25519 by AWS-LC.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::random;

const SEED_LEN: usize = 32;

/// A key whose public half AWS-LC derived from its seed: a signature can never
/// be made under another one (RUSTSEC-2022-0093).
pub(crate) struct Key {
    key_pair: Ed25519KeyPair,
    /// Kept on the heap, where moving the key does not copy it, because
    /// `aws-lc-rs` does not wipe the copy that its key pair would give out.
    seed: Zeroizing<Vec<u8>>,
}

impl Key {
    /// Any 32 random bytes are a seed (RFC 8032, section 5.1.5). The FIPS module wants to
    /// generate the key itself, with its pairwise test.
    pub(crate) fn generate() -> Result<Self, CryptoError> {
        if cfg!(feature = "fips") {
            return Self::generate_by_module();
        }
        let mut seed = Zeroizing::new(vec![0; SEED_LEN]);
        random::fill(&mut seed)?;
        Self::with_seed(seed)
    }

    /// The seed is the end of the `PrivateKeyInfo` (RFC 8410, section 7), whose copy, other
    /// than the one that [`Ed25519KeyPair::seed`] makes, is wiped.
    fn generate_by_module() -> Result<Self, CryptoError> {
        let key_pair = observe(
            Service::KeyGeneration,
            Algorithm::Ed25519,
            Ed25519KeyPair::generate,
        )
        .map_err(|_| CryptoError::InsufficientRandomness)?;
        let info = key_pair.to_pkcs8v1();
        let info = info.map_err(|_| CryptoError::CryptoLibraryError)?;
        let seed = info.as_ref().last_chunk::<SEED_LEN>();
        let seed = seed.ok_or(CryptoError::CryptoLibraryError)?;
        let seed = Zeroizing::new(seed.to_vec());
        Ok(Self { key_pair, seed })
    }

    /// The key of a seed of 32 bytes.
    pub(crate) fn with_seed(seed: Zeroizing<Vec<u8>>) -> Result<Self, CryptoError> {
        let key_pair = observe(Service::KeyEntry, Algorithm::Ed25519, || {
            Ed25519KeyPair::from_seed_unchecked(&seed)
        })
        .map_err(|_| CryptoError::SigningError)?;
        Ok(Self { key_pair, seed })
    }

    pub(crate) fn seed(&self) -> &Zeroizing<Vec<u8>> {
        &self.seed
    }

    pub(crate) fn public(&self) -> &[u8] {
        self.key_pair.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        observe(Service::Sign, Algorithm::Ed25519, || {
            self.key_pair.try_sign(message)
        })
        .map(|signature| signature.as_ref().to_vec())
        .map_err(|_| CryptoError::SigningError)
    }
}

/// Verifies a `signature` of 64 bytes under a key of 32.
pub(crate) fn verify(message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    observe(Service::Verify, Algorithm::Ed25519, || {
        UnparsedPublicKey::new(&ED25519, public).verify(message, signature)
    })
    .map_err(|_| CryptoError::InvalidSignature)
}
