//! Measures one scenario on several providers, in turn within one process.

mod lineup;
mod pool;
mod race;

use openmls_traits::types::Ciphersuite;

pub use lineup::Lineup;
pub use pool::Pool;

pub(crate) use race::{Contender, median_of, race};
pub use race::{Measured, Plan};

use crate::{
    BenchError,
    engine::EngineRow,
    scenario::{Case, Scenario},
};

/// The result of one scenario on one suite.
#[derive(Clone, Debug)]
pub struct Measurement {
    /// The scenario's name.
    pub scenario: &'static str,
    /// The ciphersuite.
    pub suite: Ciphersuite,
    /// The number of members; `None` if the scenario has no group and no batch.
    pub members: Option<usize>,
    /// The name of the engine that ratios refer to.
    pub reference: &'static str,
    /// The engines that ran, in the order they were given.
    pub engines: Vec<Measured>,
    /// The names of the engines that lack the suite or the algorithm.
    pub unsupported: Vec<&'static str>,
}

impl Measurement {
    /// `measured`'s median by that of the reference engine on as many threads, `None`
    /// without one. Above 1, the reference is faster.
    pub fn ratio(&self, measured: &Measured) -> Option<f64> {
        let mut engines = self.engines.iter();
        let reference = engines
            .find(|other| other.engine == self.reference && other.threads == measured.threads)?;
        Some(measured.summary.median_us / reference.summary.median_us)
    }
}

/// Measures `scenario` on those engines of `lineup` that support it.
///
/// # Errors
///
/// [`BenchError::Engine`] if an engine failed or gave a wrong result.
pub fn measure(
    scenario: &Scenario,
    case: &Case,
    lineup: &Lineup,
    plan: &Plan,
) -> Result<Measurement, BenchError> {
    let mut contenders = Vec::new();
    let mut unsupported = Vec::new();
    for &engine in &lineup.engines {
        match contenders_of(engine, scenario, case, &lineup.pools)? {
            Some(more) => contenders.extend(more),
            None => unsupported.push(engine.name),
        }
    }
    Ok(Measurement {
        scenario: scenario.name,
        suite: case.suite,
        members: scenario.has_members().then_some(case.members),
        reference: lineup.reference,
        engines: race(contenders, plan)?,
        unsupported,
    })
}

/// `engine` on each of `pools`, or `None` if it cannot run the scenario.
fn contenders_of(
    engine: &EngineRow,
    scenario: &Scenario,
    case: &Case,
    pools: &[Pool],
) -> Result<Option<Vec<Contender>>, BenchError> {
    let on_pool = |pool: &Pool| -> Result<Option<Contender>, BenchError> {
        let Some(trial) = engine.prepare(scenario.name, case)? else {
            return Ok(None);
        };
        let (trial, operations) = (pool.run(trial), scenario.operations(case));
        let contender = Contender::new(engine.name, scenario.name, trial, operations)?;
        Ok(Some(contender.with_threads(pool.threads())))
    };
    pools.iter().map(on_pool).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Summary;

    #[test]
    fn the_ratio_is_to_the_reference_and_absent_without_it() {
        const REFERENCE: &str = "reference";
        let measured = |engine, threads, median_us| Measured {
            engine,
            threads,
            samples: vec![median_us],
            summary: Summary::of(&[median_us]).unwrap(),
        };
        let mut measurement = Measurement {
            scenario: "sign",
            suite: crate::suite::all()[0],
            members: None,
            reference: REFERENCE,
            engines: vec![
                measured("other", Some(1), 30.0),
                measured(REFERENCE, Some(2), 10.0),
                measured(REFERENCE, Some(1), 20.0),
            ],
            unsupported: vec![],
        };
        assert_eq!(measurement.ratio(&measurement.engines[0]), Some(1.5));
        assert_eq!(measurement.ratio(&measurement.engines[1]), Some(1.0));
        assert_eq!(measurement.ratio(&measurement.engines[2]), Some(1.0));
        measurement.engines.pop();
        assert_eq!(measurement.ratio(&measurement.engines[0]), None);
    }
}
