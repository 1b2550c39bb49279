//! The engines: one row for each OpenMLS provider under measurement.

mod adapter;
mod hw;
mod hw_batch;
mod libcrux;
mod mls_rs;
mod ring;
mod rust_crypto;

pub use mls_rs::MlsRsProvider;

use mls_rs_crypto_openssl::OpensslCryptoProvider;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
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

use crate::{
    BenchError,
    scenario::{self, Case, Catalogue, MINIMUM_MEMBERS, Requirement, Scenario, Trial},
};

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
    fn prepare_seals<'a>(
        _provider: &'a Self::Provider,
        _suite: Ciphersuite,
        _recipients: &[&[u8]],
    ) -> Result<Guard<'a>, BenchError> {
        nothing_prepared()
    }

    /// Does what the next commit of `group` will need; most engines can do nothing.
    fn prepare_commit<'a>(
        _provider: &'a Self::Provider,
        _group: &MlsGroup,
    ) -> Result<Guard<'a>, BenchError> {
        nothing_prepared()
    }

    /// Does what adding `key_packages` will need.
    fn prepare_welcome<'a>(
        _provider: &'a Self::Provider,
        _key_packages: &[KeyPackage],
    ) -> Result<Guard<'a>, BenchError> {
        nothing_prepared()
    }

    /// Does what joining by `welcome` will need.
    fn prepare_join<'a>(
        _provider: &'a Self::Provider,
        _welcome: &ProcessedWelcome,
        _ratchet_tree: Option<&RatchetTreeIn>,
    ) -> Result<Guard<'a>, BenchError> {
        nothing_prepared()
    }

    /// Does what validating `key_packages` will need.
    fn prepare_key_packages<'a>(
        _provider: &'a Self::Provider,
        _key_packages: &[KeyPackageIn],
    ) -> Result<Guard<'a>, BenchError> {
        nothing_prepared()
    }
}

/// Holds what was prepared, until it is dropped.
pub(crate) type Guard<'a> = Box<dyn Prepared + 'a>;

/// Whatever stands for what was prepared.
pub(crate) trait Prepared {}

impl<T> Prepared for T {}

fn nothing_prepared<'a>() -> Result<Guard<'a>, BenchError> {
    Ok(Box::new(()))
}

/// A row of [`ENGINES`].
#[derive(Debug)]
pub struct EngineRow {
    /// The name on the command line and in the results.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Every scenario, prepared to run on this engine, in the same order for all.
    pub scenarios: &'static [Scenario],
    supports: fn(Ciphersuite) -> bool,
}

/// Every engine. The first is the one that the others are compared with unless another
/// is asked for.
pub static ENGINES: &[EngineRow] = &[
    EngineRow::of::<hw::Hw>(),
    EngineRow::of::<hw_batch::HwBatch>(),
    EngineRow::of::<rust_crypto::RustCrypto>(),
    EngineRow::of::<libcrux::Libcrux>(),
    EngineRow::of_mls_rs::<OpensslCryptoProvider>(),
    EngineRow::of_mls_rs::<RustCryptoProvider>(),
    EngineRow::of::<ring::Ring>(),
];

/// The engine that ratios refer to unless another is asked for.
pub const REFERENCE: &str = hw::Hw::NAME;

impl EngineRow {
    const fn of<E: Engine>() -> Self {
        Self {
            name: E::NAME,
            about: E::ABOUT,
            scenarios: Catalogue::<E>::SCENARIOS,
            supports: supports::<E>,
        }
    }

    /// The row of OpenMLS on the cryptography of a provider of mls-rs.
    pub const fn of_mls_rs<P: MlsRsProvider>() -> Self {
        Self::of::<mls_rs::MlsRs<P>>()
    }

    /// Whether the engine's provider says that it supports `suite`, and has its KEM.
    pub fn supports(&self, suite: Ciphersuite) -> bool {
        (self.supports)(suite)
    }

    /// Whether the engine supports what `scenario` needs of `suite`.
    pub fn can_run(&self, scenario: &Scenario, suite: Ciphersuite) -> bool {
        match scenario.requirement {
            Requirement::Suite => self.supports(suite),
            // Only the algorithm itself can say, so it is asked.
            Requirement::Algorithm => {
                let case = Case {
                    suite,
                    members: MINIMUM_MEMBERS,
                };
                !matches!(self.prepare(scenario.name, &case), Ok(None))
            }
        }
    }

    /// Prepares the scenario called `name` on this engine. `Ok(None)` if the engine
    /// lacks the suite, or the one algorithm of it that the scenario needs.
    ///
    /// # Errors
    ///
    /// [`BenchError::UnknownScenario`], [`BenchError::TooFewMembers`], or
    /// [`BenchError::Engine`] with the cause.
    pub fn prepare(&self, name: &str, case: &Case) -> Result<Option<Box<dyn Trial>>, BenchError> {
        let scenario = scenario::find_in(self.scenarios, name)?;
        if scenario.has_members() && case.members < MINIMUM_MEMBERS {
            return Err(BenchError::TooFewMembers {
                given: case.members,
            });
        }
        if scenario.requirement == Requirement::Suite && !self.supports(case.suite) {
            return Ok(None);
        }
        match scenario.prepare(case) {
            Ok(trial) => Ok(Some(trial)),
            Err(error) if error.is_unsupported() => Ok(None),
            Err(source) => Err(self.failed(scenario, source)),
        }
    }

    /// `source` with this engine's and the scenario's name to it.
    fn failed(&self, scenario: &Scenario, source: BenchError) -> BenchError {
        BenchError::Engine {
            engine: self.name,
            scenario: scenario.name,
            source: Box::new(source),
        }
    }
}

/// The engines that `names` lists, in that order and each once.
///
/// # Errors
///
/// [`BenchError::UnknownEngine`] for a name that no row has.
pub fn select<'a>(
    names: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<&'static EngineRow>, BenchError> {
    let mut selected: Vec<&'static EngineRow> = Vec::new();
    for name in names {
        let engine = find(name)?;
        if selected.iter().all(|other| other.name != engine.name) {
            selected.push(engine);
        }
    }
    Ok(selected)
}

/// The engine called `name`.
///
/// # Errors
///
/// [`BenchError::UnknownEngine`] if no row has this name.
pub fn find(name: &str) -> Result<&'static EngineRow, BenchError> {
    ENGINES
        .iter()
        .find(|engine| engine.name == name)
        .ok_or_else(|| BenchError::UnknownEngine {
            name: name.to_owned(),
            known: ENGINES
                .iter()
                .map(|e| e.name)
                .collect::<Vec<_>>()
                .join(", "),
        })
}

fn supports<E: Engine>(suite: Ciphersuite) -> bool {
    // openmls_libcrux_crypto says that it supports 0xf042, and has no ML-KEM-768.
    E::provider().is_ok_and(|provider| {
        let crypto = provider.crypto();
        let pair = || crypto.derive_hpke_keypair(suite.hpke_config(), &[1; 64]);
        crypto.supports(suite).is_ok() && pair().is_ok()
    })
}

/// The signer of OpenMLS's own credential crate, for engines that bring none.
fn basic_credential_signer(
    scheme: SignatureScheme,
) -> Result<(SignatureKeyPair, Vec<u8>), CryptoError> {
    let signer = SignatureKeyPair::new(scheme)?;
    let public_key = signer.to_public_vec();
    Ok((signer, public_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn engines_are_found_by_name_in_the_order_asked_for() {
        let names: Vec<_> = select(["libcrux", "hw", "libcrux"])
            .unwrap()
            .iter()
            .map(|engine| engine.name)
            .collect();
        assert_eq!(names, ["libcrux", "hw"]);
    }

    #[test]
    fn an_unknown_engine_is_refused_with_the_known_ones() {
        let error = select(["hw", "openssl"]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown engine `openssl`; choose from: hw, hw-batch, rust-crypto, libcrux, \
             mls-rs-openssl, mls-rs-rustcrypto, ring"
        );
    }

    #[test]
    fn the_reference_is_the_first_row() {
        assert_eq!(ENGINES[0].name, REFERENCE);
    }

    #[test]
    fn every_engine_has_the_same_scenarios() {
        for engine in ENGINES {
            let names: Vec<_> = engine.scenarios.iter().map(|row| row.name).collect();
            assert_eq!(names, scenario::names(), "{}", engine.name);
        }
    }
}
