//! Providers with the signers that go with them, over a storage that can be handed over.

use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::OpenMlsRustCrypto;
use openmls_traits::{OpenMlsProvider, signatures::Signer, types::SignatureScheme};

/// A provider with its signer. Misuse and failure panic: this is for tests only.
pub trait Stack {
    /// The provider.
    type Provider: OpenMlsProvider<StorageProvider = MemoryStorage>;
    /// The signature key pairs that the provider's users sign with.
    type Signer: Signer;

    /// A provider on this storage.
    fn open(storage: MemoryStorage) -> Self::Provider;

    /// A fresh signature key pair.
    fn generate(scheme: SignatureScheme) -> Self::Signer;

    /// Stores `signer`; returns its public key.
    fn store(provider: &Self::Provider, signer: &Self::Signer) -> Vec<u8>;
    /// Reads what was stored, by this stack or another one.
    ///
    /// # Panics
    ///
    /// Panics if there is no such key pair.
    fn read(provider: &Self::Provider, public: &[u8], scheme: SignatureScheme) -> Self::Signer;
}

/// `openmls_hw_crypto`'s provider and signer.
pub struct Hw;

impl Stack for Hw {
    type Provider = OpenMlsHwCrypto;
    type Signer = openmls_hw_crypto::SignatureKeyPair;

    fn open(storage: MemoryStorage) -> Self::Provider {
        OpenMlsHwCrypto::with_storage(storage)
    }

    fn generate(scheme: SignatureScheme) -> Self::Signer {
        Self::Signer::new(scheme).unwrap()
    }

    fn store(provider: &Self::Provider, signer: &Self::Signer) -> Vec<u8> {
        signer.store(provider.storage()).unwrap();
        signer.to_public_vec()
    }

    fn read(provider: &Self::Provider, public: &[u8], scheme: SignatureScheme) -> Self::Signer {
        Self::Signer::read(provider.storage(), public, scheme).expect("the key pair is stored")
    }
}

/// `openmls_rust_crypto` with the signer of `openmls_basic_credential`.
pub struct RustCrypto;

impl Stack for RustCrypto {
    type Provider = OpenMlsRustCrypto;
    type Signer = openmls_basic_credential::SignatureKeyPair;

    fn open(storage: MemoryStorage) -> Self::Provider {
        let provider = OpenMlsRustCrypto::default();
        let values = storage.values.into_inner().unwrap();
        *provider.storage().values.write().unwrap() = values;
        provider
    }

    fn generate(scheme: SignatureScheme) -> Self::Signer {
        Self::Signer::new(scheme).unwrap()
    }

    fn store(provider: &Self::Provider, signer: &Self::Signer) -> Vec<u8> {
        signer.store(provider.storage()).unwrap();
        signer.to_public_vec()
    }

    fn read(provider: &Self::Provider, public: &[u8], scheme: SignatureScheme) -> Self::Signer {
        Self::Signer::read(provider.storage(), public, scheme).expect("the key pair is stored")
    }
}
