//! The engines: each OpenMLS provider under measurement.

mod adapter;
mod hw;
mod hw_batch;
mod libcrux;
mod mls_rs;
mod ring;
mod rust_crypto;

pub use mls_rs::MlsRsProvider;

pub(crate) use {
    hw::Hw, hw_batch::HwBatch, libcrux::Libcrux, mls_rs::MlsRs, ring::Ring, rust_crypto::RustCrypto,
};

use openmls::{
    group::{MlsGroup, ProcessedWelcome},
    prelude::{KeyPackage, KeyPackageIn, RatchetTreeIn},
};
use openmls_basic_credential::SignatureKeyPair;
use openmls_memory_storage::MemoryStorage;
use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    signatures::Signer,
    types::{Ciphersuite, CryptoError, HpkeCiphertext, HpkeKeyPair, SignatureScheme},
};
use rayon::prelude::*;

use crate::BenchError;

/// An OpenMLS provider and the signer that its users would take with it.
///
/// Every engine keeps its state in the same [`MemoryStorage`], so that engines
/// differ in their cryptography alone.
pub(crate) trait Engine: 'static {
    /// The name on the command line and in the results.
    const NAME: &'static str;
    /// What it is, in a few words.
    const ABOUT: &'static str;
    /// The provider.
    type Provider: OpenMlsProvider<StorageProvider = MemoryStorage> + Send + Sync;
    /// The signer of group messages.
    type Signer: Signer + Send + Sync;

    /// A provider with empty storage.
    fn provider() -> Result<Self::Provider, CryptoError>;

    /// A signer with a fresh key, and its public key in OpenMLS's encoding.
    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError>;

    /// Encrypts to each of `recipients`, a public key with a plaintext: one by one over
    /// the threads, as OpenMLS does for an update path, unless the engine has a function
    /// for many.
    fn seal_many(
        provider: &Self::Provider,
        suite: Ciphersuite,
        info: &[u8],
        aad: &[u8],
        recipients: &[(Vec<u8>, Vec<u8>)],
    ) -> Vec<Result<HpkeCiphertext, CryptoError>> {
        Self::seal_each(provider, suite, info, aad, recipients)
    }

    /// Encrypts to each of `recipients`, one by one over the threads.
    fn seal_each(
        provider: &Self::Provider,
        suite: Ciphersuite,
        info: &[u8],
        aad: &[u8],
        recipients: &[(Vec<u8>, Vec<u8>)],
    ) -> Vec<Result<HpkeCiphertext, CryptoError>> {
        let crypto = provider.crypto();
        recipients
            .par_iter()
            .map(|(key, plaintext)| {
                crypto.hpke_seal(suite.hpke_config(), key, info, aad, plaintext)
            })
            .collect()
    }

    /// Derives a key pair from each of `ikms`, in the same way.
    fn derive_many(
        provider: &Self::Provider,
        suite: Ciphersuite,
        ikms: &[Vec<u8>],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        let crypto = provider.crypto();
        ikms.par_iter()
            .map(|ikm| crypto.derive_hpke_keypair(suite.hpke_config(), ikm))
            .collect()
    }

    /// Does what encrypting to `recipients`, public keys, will need; most engines can do
    /// nothing.
    fn prepare_seals(
        _provider: &Self::Provider,
        _suite: Ciphersuite,
        _recipients: &[&[u8]],
    ) -> Result<Guard, BenchError> {
        nothing_prepared()
    }

    /// Does what the next commit of `group` will need; most engines can do nothing.
    fn prepare_commit(_provider: &Self::Provider, _group: &MlsGroup) -> Result<Guard, BenchError> {
        nothing_prepared()
    }

    /// Does what adding `key_packages` will need.
    fn prepare_welcome(
        _provider: &Self::Provider,
        _key_packages: &[KeyPackage],
    ) -> Result<Guard, BenchError> {
        nothing_prepared()
    }

    /// Does what joining by `welcome` will need.
    fn prepare_join(
        _provider: &Self::Provider,
        _welcome: &ProcessedWelcome,
        _ratchet_tree: Option<&RatchetTreeIn>,
    ) -> Result<Guard, BenchError> {
        nothing_prepared()
    }

    /// Does what validating `key_packages` will need.
    fn prepare_key_packages(
        _provider: &Self::Provider,
        _key_packages: &[KeyPackageIn],
    ) -> Result<Guard, BenchError> {
        nothing_prepared()
    }
}

/// Holds what was prepared, until it is dropped.
pub(crate) type Guard = Box<dyn Prepared>;

/// Whatever stands for what was prepared.
pub(crate) trait Prepared {}

impl<T> Prepared for T {}

fn nothing_prepared() -> Result<Guard, BenchError> {
    Ok(Box::new(()))
}

/// The signer of OpenMLS's own credential crate, for engines that bring none.
fn basic_credential_signer(
    scheme: SignatureScheme,
) -> Result<(SignatureKeyPair, Vec<u8>), CryptoError> {
    let signer = SignatureKeyPair::new(scheme)?;
    let public_key = signer.to_public_vec();
    Ok((signer, public_key))
}
