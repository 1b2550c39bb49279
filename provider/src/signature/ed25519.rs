//! Ed25519 (RFC 8032) by AWS-LC.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::CryptoError;
use zeroize::Zeroizing;

use super::{Scheme, SigningKey};
use crate::random;

const SEED_LEN: usize = 32;
const PUBLIC_LEN: usize = 32;
const SIGNATURE_LEN: usize = 64;

/// Ed25519.
pub(super) struct Ed25519;

impl Scheme for Ed25519 {
    fn generate(&'static self) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(Ed25519Key::generate()?))
    }

    fn import(&'static self, seed: &[u8]) -> Result<Box<dyn SigningKey>, CryptoError> {
        Ok(Box::new(Ed25519Key::import(seed)?))
    }

    fn verify(&self, message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        verify(message, public, signature)
    }
}

/// A key whose public half AWS-LC derived from its seed: a signature can never
/// be made under another one (RUSTSEC-2022-0093).
struct Ed25519Key {
    key_pair: Ed25519KeyPair,
    /// Kept on the heap, where moving the key does not copy it, because
    /// `aws-lc-rs` does not wipe the copy that its key pair would give out.
    seed: Zeroizing<Vec<u8>>,
}

impl Ed25519Key {
    /// Any 32 random bytes are a seed (RFC 8032, section 5.1.5). The FIPS module wants to
    /// generate the key itself, with its pairwise test.
    fn generate() -> Result<Self, CryptoError> {
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

    fn import(seed: &[u8]) -> Result<Self, CryptoError> {
        if seed.len() != SEED_LEN {
            return Err(CryptoError::InvalidLength);
        }
        Self::with_seed(Zeroizing::new(seed.to_vec()))
    }

    fn with_seed(seed: Zeroizing<Vec<u8>>) -> Result<Self, CryptoError> {
        let key_pair = observe(Service::KeyEntry, Algorithm::Ed25519, || {
            Ed25519KeyPair::from_seed_unchecked(&seed)
        })
        .map_err(|_| CryptoError::SigningError)?;
        Ok(Self { key_pair, seed })
    }
}

impl SigningKey for Ed25519Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CryptoError> {
        observe(Service::Sign, Algorithm::Ed25519, || {
            self.key_pair.try_sign(message)
        })
        .map(|signature| signature.as_ref().to_vec())
        .map_err(|_| CryptoError::SigningError)
    }

    fn private(&self) -> Result<Zeroizing<Vec<u8>>, CryptoError> {
        Ok(self.seed.clone())
    }

    fn public(&self) -> &[u8] {
        self.key_pair.public_key().as_ref()
    }
}

fn verify(message: &[u8], public: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
    if public.len() != PUBLIC_LEN {
        return Err(CryptoError::InvalidPublicKey);
    }
    if signature.len() != SIGNATURE_LEN {
        return Err(CryptoError::InvalidSignature);
    }
    observe(Service::Verify, Algorithm::Ed25519, || {
        UnparsedPublicKey::new(&ED25519, public).verify(message, signature)
    })
    .map_err(|_| CryptoError::InvalidSignature)
}
