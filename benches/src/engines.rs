//! The table of engines: one row for each, with every scenario prepared to run on it.

use mls_rs_crypto_openssl::OpensslCryptoProvider;
use mls_rs_crypto_rustcrypto::RustCryptoProvider;
use openmls_traits::{OpenMlsProvider, crypto::OpenMlsCrypto, types::Ciphersuite};

use crate::{
    BenchError,
    engine::{Engine, Hw, HwBatch, Libcrux, MlsRs, MlsRsProvider, Ring, RustCrypto},
    scenario::{self, Case, Catalogue, MINIMUM_MEMBERS, Requirement, Scenario, Trial},
};

/// What stands behind the name of an engine over AWS-LC's FIPS module.
pub const FIPS_SUFFIX: &str = "-fips";

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
    EngineRow::of::<Hw>(),
    EngineRow::of::<HwBatch>(),
    EngineRow::of::<RustCrypto>(),
    EngineRow::of::<Libcrux>(),
    EngineRow::of_mls_rs::<OpensslCryptoProvider>(),
    EngineRow::of_mls_rs::<RustCryptoProvider>(),
    EngineRow::of::<Ring>(),
];

/// The engine that ratios refer to unless another is asked for.
pub const REFERENCE: &str = Hw::NAME;

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
        Self::of::<MlsRs<P>>()
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
