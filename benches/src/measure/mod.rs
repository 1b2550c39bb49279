//! Measures one scenario on several providers, in turn within one process.

mod race;

use openmls_traits::types::Ciphersuite;

pub(crate) use race::{Contender, median_of, race};
pub use race::{Measured, Plan};

use crate::{
    BenchError,
    engine::{EngineRow, REFERENCE},
    scenario::{Case, Kind, Scenario},
};

/// The result of one scenario on one suite.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The scenario's name.
    pub scenario: &'static str,
    /// The ciphersuite.
    pub suite: Ciphersuite,
    /// The number of members; `None` if the scenario has no group.
    pub members: Option<usize>,
    /// The engines that ran, in the order they were given.
    pub engines: Vec<Measured>,
    /// The names of the engines that lack the suite or the algorithm.
    pub unsupported: Vec<&'static str>,
}

impl Measurement {
    /// `measured`'s median by that of the reference engine, `None` without one. Above
    /// 1, the reference is faster.
    pub fn ratio(&self, measured: &Measured) -> Option<f64> {
        Some(measured.summary.median_us / median_of(REFERENCE, &self.engines)?)
    }
}

/// Measures `scenario` on those of `engines` that support it.
///
/// # Errors
///
/// [`BenchError::Engine`] if an engine failed or gave a wrong result.
pub fn measure(
    scenario: &Scenario,
    case: &Case,
    engines: &[&'static EngineRow],
    plan: &Plan,
) -> Result<Measurement, BenchError> {
    let mut contenders = Vec::new();
    let mut unsupported = Vec::new();
    for &engine in engines {
        match engine.prepare(scenario.name, case)? {
            Some(trial) => {
                contenders.push(Contender::new(engine.name, scenario.name, trial, 1)?);
            }
            None => unsupported.push(engine.name),
        }
    }
    Ok(Measurement {
        scenario: scenario.name,
        suite: case.suite,
        members: (scenario.kind == Kind::Group).then_some(case.members),
        engines: race(contenders, plan)?,
        unsupported,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Summary;

    #[test]
    fn the_ratio_is_to_the_reference_and_absent_without_it() {
        let measured = |engine, median_us| Measured {
            engine,
            summary: Summary::of(&[median_us]).unwrap(),
        };
        let mut measurement = Measurement {
            scenario: "sign",
            suite: crate::suite::all()[0],
            members: None,
            engines: vec![measured("other", 30.0), measured(REFERENCE, 20.0)],
            unsupported: vec![],
        };
        assert_eq!(measurement.ratio(&measurement.engines[0]), Some(1.5));
        assert_eq!(measurement.ratio(&measurement.engines[1]), Some(1.0));
        measurement.engines.pop();
        assert_eq!(measurement.ratio(&measurement.engines[0]), None);
    }
}
