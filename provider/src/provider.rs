//! [`OpenMlsHwCrypto`]: the crypto and random providers with a storage provider.

use openmls_memory_storage::MemoryStorage;
use openmls_traits::OpenMlsProvider;
use openmls_traits::storage::{CURRENT_VERSION, StorageProvider};

use crate::HwCrypto;

/// An [`OpenMlsProvider`] whose cryptography is [`HwCrypto`].
///
/// `S` is where OpenMLS keeps its state. The default is [`MemoryStorage`], as
/// in `OpenMlsRustCrypto`, which this type replaces:
///
/// ```
/// // let provider = openmls_rust_crypto::OpenMlsRustCrypto::default();
/// let provider = openmls_hw_crypto::OpenMlsHwCrypto::default();
/// ```
#[derive(Debug)]
pub struct OpenMlsHwCrypto<S = MemoryStorage> {
    crypto: HwCrypto,
    storage: S,
}

/// Over [`MemoryStorage`] alone, so that `OpenMlsHwCrypto::default()` needs no
/// type annotation.
impl Default for OpenMlsHwCrypto {
    fn default() -> Self {
        Self::with_storage(MemoryStorage::default())
    }
}

impl<S> OpenMlsHwCrypto<S> {
    /// A provider with a fresh [`HwCrypto`] over `storage`.
    ///
    /// `storage` may hold state that was written under another provider: keys
    /// are stored in the formats they all share.
    pub fn with_storage(storage: S) -> Self {
        Self::new(HwCrypto::default(), storage)
    }

    /// A provider with this `crypto`, which may be shared with others, over `storage`.
    pub fn new(crypto: HwCrypto, storage: S) -> Self {
        Self { crypto, storage }
    }
}

impl<S: StorageProvider<CURRENT_VERSION>> OpenMlsProvider for OpenMlsHwCrypto<S> {
    type CryptoProvider = HwCrypto;
    type RandProvider = HwCrypto;
    type StorageProvider = S;

    fn storage(&self) -> &Self::StorageProvider {
        &self.storage
    }

    fn crypto(&self) -> &Self::CryptoProvider {
        &self.crypto
    }

    fn rand(&self) -> &Self::RandProvider {
        &self.crypto
    }
}
