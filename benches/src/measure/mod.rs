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
    engines::EngineRow,
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
    let (contenders, unsupported) = contenders(scenario, case, lineup)?;
    let measured = race(contenders, plan)?;
    Ok(measurement(scenario, case, lineup, measured, unsupported))
}

/// Measures `scenario` on several cases against each other: all of them take turns, so
/// that ciphersuites can be compared as engines are.
///
/// # Errors
///
/// [`BenchError::Engine`] if an engine failed or gave a wrong result.
pub fn measure_together(
    scenario: &Scenario,
    cases: &[Case],
    lineup: &Lineup,
    plan: &Plan,
) -> Result<Vec<Measurement>, BenchError> {
    let (mut all, mut parts) = (Vec::new(), Vec::new());
    for case in cases {
        let (contenders, unsupported) = contenders(scenario, case, lineup)?;
        parts.push((case, contenders.len(), unsupported));
        all.extend(contenders);
    }
    let mut measured = race(all, plan)?.into_iter();
    let measurements = parts.into_iter().map(|(case, count, unsupported)| {
        let own = measured.by_ref().take(count).collect();
        measurement(scenario, case, lineup, own, unsupported)
    });
    Ok(measurements.collect())
}

/// The contenders that the lineup has for a case, and the engines that lack it.
fn contenders(
    scenario: &Scenario,
    case: &Case,
    lineup: &Lineup,
) -> Result<(Vec<Contender>, Vec<&'static str>), BenchError> {
    let (mut contenders, mut unsupported) = (Vec::new(), Vec::new());
    for &engine in &lineup.engines {
        match contenders_of(engine, scenario, case, &lineup.pools)? {
            Some(more) => contenders.extend(more),
            None => unsupported.push(engine.name),
        }
    }
    Ok((contenders, unsupported))
}

fn measurement(
    scenario: &Scenario,
    case: &Case,
    lineup: &Lineup,
    engines: Vec<Measured>,
    unsupported: Vec<&'static str>,
) -> Measurement {
    Measurement {
        scenario: scenario.name,
        suite: case.suite,
        members: scenario.has_members().then_some(case.members),
        reference: lineup.reference,
        engines,
        unsupported,
    }
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
