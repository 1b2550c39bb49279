//! Cryptography that is no OpenMLS provider, made one.

pub(super) mod mls_rs;
pub(super) mod ring;

use openmls_memory_storage::MemoryStorage;
use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    random::OpenMlsRand,
    signatures::{Signer, SignerError},
    types::{CryptoError, SignatureScheme},
};

/// The cryptography `C` with OpenMLS's storage in memory.
#[derive(Default)]
pub struct Adapted<C> {
    crypto: C,
    storage: MemoryStorage,
}

impl<C: OpenMlsCrypto + OpenMlsRand> OpenMlsProvider for Adapted<C> {
    type CryptoProvider = C;
    type RandProvider = C;
    type StorageProvider = MemoryStorage;

    fn storage(&self) -> &MemoryStorage {
        &self.storage
    }

    fn crypto(&self) -> &C {
        &self.crypto
    }

    fn rand(&self) -> &C {
        &self.crypto
    }
}

/// A signer that signs by `C` itself.
pub struct AdaptedSigner<C> {
    crypto: C,
    scheme: SignatureScheme,
    private_key: Vec<u8>,
}

impl<C: OpenMlsCrypto + Default> AdaptedSigner<C> {
    /// A signer with a fresh key, and its public key.
    pub(super) fn new(scheme: SignatureScheme) -> Result<(Self, Vec<u8>), CryptoError> {
        let crypto = C::default();
        let (private_key, public_key) = crypto.signature_key_gen(scheme)?;
        let signer = Self {
            crypto,
            scheme,
            private_key,
        };
        Ok((signer, public_key))
    }
}

impl<C: OpenMlsCrypto> Signer for AdaptedSigner<C> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature = self.crypto.sign(self.scheme, payload, &self.private_key);
        signature.map_err(SignerError::CryptoError)
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
