//! Engine `hw-batch`: the provider of `hw`, told beforehand what OpenMLS is about to do.

use openmls::{
    group::{MlsGroup, ProcessedWelcome},
    prelude::{KeyPackage, KeyPackageIn, RatchetTreeIn},
};
use openmls_hw_crypto::{OpenMlsHwCrypto, PrepareError, SignatureKeyPair};
use openmls_traits::{
    OpenMlsProvider,
    types::{Ciphersuite, CryptoError, HpkeCiphertext, HpkeKeyPair, SignatureScheme},
};

use super::{Engine, Guard, hw::Hw};
use crate::{BenchError, error::Step};

/// `openmls_hw_crypto` by its functions for many keys.
pub(crate) struct HwBatch;

impl Engine for HwBatch {
    const NAME: &'static str = "hw-batch";
    const ABOUT: &'static str = "the same, by its batches and its prepared seals and verifications";
    type Provider = OpenMlsHwCrypto;
    type Signer = SignatureKeyPair;

    fn provider() -> Result<Self::Provider, CryptoError> {
        Hw::provider()
    }

    fn signer(scheme: SignatureScheme) -> Result<(Self::Signer, Vec<u8>), CryptoError> {
        Hw::signer(scheme)
    }

    fn seal_many(
        provider: &Self::Provider,
        suite: Ciphersuite,
        info: &[u8],
        aad: &[u8],
        recipients: &[(Vec<u8>, Vec<u8>)],
    ) -> Vec<Result<HpkeCiphertext, CryptoError>> {
        let crypto = provider.crypto();
        crypto.hpke_seal_batch(suite.hpke_config(), info, aad, recipients)
    }

    fn derive_many(
        provider: &Self::Provider,
        suite: Ciphersuite,
        ikms: &[Vec<u8>],
    ) -> Vec<Result<HpkeKeyPair, CryptoError>> {
        let crypto = provider.crypto();
        crypto.derive_hpke_keypairs_batch(suite.hpke_config(), ikms)
    }

    fn prepare_seals(
        provider: &Self::Provider,
        suite: Ciphersuite,
        recipients: &[&[u8]],
    ) -> Result<Guard, BenchError> {
        let kem = suite.hpke_kem_algorithm();
        guard(provider.crypto().prepare_seals(kem, recipients))
    }

    fn prepare_commit(provider: &Self::Provider, group: &MlsGroup) -> Result<Guard, BenchError> {
        guard(provider.crypto().prepare_commit(group))
    }

    fn prepare_welcome(
        provider: &Self::Provider,
        key_packages: &[KeyPackage],
    ) -> Result<Guard, BenchError> {
        guard(provider.crypto().prepare_welcome(key_packages))
    }

    fn prepare_join(
        provider: &Self::Provider,
        welcome: &ProcessedWelcome,
        ratchet_tree: Option<&RatchetTreeIn>,
    ) -> Result<Guard, BenchError> {
        guard(provider.crypto().prepare_join(welcome, ratchet_tree))
    }

    fn prepare_key_packages(
        provider: &Self::Provider,
        key_packages: &[KeyPackageIn],
    ) -> Result<Guard, BenchError> {
        guard(provider.crypto().prepare_key_packages(key_packages))
    }
}

fn guard<P: 'static>(prepared: Result<P, PrepareError>) -> Result<Guard, BenchError> {
    Ok(Box::new(prepared.step("prepare")?))
}
