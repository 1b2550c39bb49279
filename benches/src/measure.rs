//! Measures one scenario on several engines, fairly.
//!
//! The engines run in turn within one process, A B C, B C A, C A B, ..., so that
//! neither the machine's slow moments nor the place in the order favour one of them.
//! A sample is long enough that the clock's resolution does not matter.

use std::time::{Duration, Instant};

use openmls_traits::types::Ciphersuite;

use crate::{
    BenchError,
    engine::{EngineRow, REFERENCE},
    scenario::{Case, Kind, Scenario, Trial},
    statistics::{Summary, microseconds_each},
};

/// The least that one sample takes: ten thousand times the resolution of the clock.
const SAMPLE: Duration = Duration::from_millis(1);

/// Rounds that are run and thrown away, after each engine found its sample size.
const WARM_UP_ROUNDS: usize = 2;

/// The rounds that even an exhausted budget allows.
const MINIMUM_ROUNDS: usize = 3;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The number of samples from each engine.
    pub runs: usize,
    /// The time after which a measurement ends with fewer samples, three at least.
    /// Preparation does not count.
    pub budget: Duration,
}

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

/// One engine's figures.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    /// The engine's name.
    pub engine: &'static str,
    /// Its samples, summarised.
    pub summary: Summary,
}

impl Measurement {
    /// `measured`'s median by that of the reference engine, `None` without one. Above
    /// 1, the reference is faster.
    pub fn ratio(&self, measured: &Measured) -> Option<f64> {
        let reference = self
            .engines
            .iter()
            .find(|other| other.engine == REFERENCE)?;
        Some(measured.summary.median_us / reference.summary.median_us)
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
    let (mut contenders, unsupported) = contenders(scenario, case, engines)?;
    for _ in 0..WARM_UP_ROUNDS.min(plan.runs) {
        for contender in &mut contenders {
            contender.sample()?;
        }
    }
    take_samples(&mut contenders, plan)?;
    Ok(Measurement {
        scenario: scenario.name,
        suite: case.suite,
        members: (scenario.kind == Kind::Group).then_some(case.members),
        engines: contenders.iter().filter_map(Contender::measured).collect(),
        unsupported,
    })
}

/// An engine with its prepared trial and its samples so far.
struct Contender<'a> {
    engine: &'static EngineRow,
    scenario: &'a Scenario,
    trial: Box<dyn Trial>,
    /// How many operations one sample takes together.
    iterations: u64,
    samples: Vec<f64>,
}

fn contenders<'a>(
    scenario: &'a Scenario,
    case: &Case,
    engines: &[&'static EngineRow],
) -> Result<(Vec<Contender<'a>>, Vec<&'static str>), BenchError> {
    let mut contenders = Vec::new();
    let mut unsupported = Vec::new();
    for &engine in engines {
        match engine.prepare(scenario.name, case)? {
            Some(trial) => contenders.push(Contender::new(engine, scenario, trial)?),
            None => unsupported.push(engine.name),
        }
    }
    Ok((contenders, unsupported))
}

fn take_samples(contenders: &mut [Contender<'_>], plan: &Plan) -> Result<(), BenchError> {
    let start = Instant::now();
    for round in 0..plan.runs {
        if round >= MINIMUM_ROUNDS && start.elapsed() >= plan.budget {
            break;
        }
        for next in order(round, contenders.len()) {
            let sample = contenders[next].sample()?;
            contenders[next].samples.push(sample);
        }
    }
    Ok(())
}

/// Whose turn it is in `round`: everyone's once, each round beginning with the next.
fn order(round: usize, contenders: usize) -> impl Iterator<Item = usize> {
    (0..contenders).map(move |turn| (round + turn) % contenders)
}

impl<'a> Contender<'a> {
    fn new(
        engine: &'static EngineRow,
        scenario: &'a Scenario,
        trial: Box<dyn Trial>,
    ) -> Result<Self, BenchError> {
        let mut contender = Self {
            engine,
            scenario,
            trial,
            iterations: 1,
            samples: Vec::new(),
        };
        while contender.run()? < SAMPLE {
            contender.iterations *= 2;
        }
        Ok(contender)
    }

    /// One sample: microseconds for one operation.
    fn sample(&mut self) -> Result<f64, BenchError> {
        let elapsed = self.run()?;
        Ok(microseconds_each(elapsed, self.iterations))
    }

    fn run(&mut self) -> Result<Duration, BenchError> {
        self.trial
            .run(self.iterations)
            .map_err(|source| self.engine.failed(self.scenario, source))
    }

    fn measured(&self) -> Option<Measured> {
        Some(Measured {
            engine: self.engine.name,
            summary: Summary::of(&self.samples)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contender_has_every_place_equally_often() {
        let rounds: Vec<Vec<usize>> = (0..4).map(|round| order(round, 3).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
        assert_eq!(order(7, 0).count(), 0);
    }

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
