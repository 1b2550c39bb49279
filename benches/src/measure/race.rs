//! Prepared trials against each other, fairly.
//!
//! The contenders run in turn within one process, A B C, B C A, C A B, ..., so that
//! neither the machine's slow moments nor the place in the order favour one of them.
//! A sample is long enough that the clock's resolution does not matter.

use std::time::{Duration, Instant};

use crate::{
    BenchError,
    scenario::Trial,
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

/// One engine's figures.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The engine's name.
    pub engine: &'static str,
    /// The number of threads it had; `None` if that was not limited.
    pub threads: Option<usize>,
    /// Its samples in the order they were taken: microseconds for one operation.
    pub samples: Vec<f64>,
    /// The samples, summarised.
    pub summary: Summary,
}

/// A trial as an engine prepared it, and its samples so far.
pub(crate) struct Contender {
    engine: &'static str,
    scenario: &'static str,
    threads: Option<usize>,
    trial: Box<dyn Trial>,
    /// How many operations the trial does in one iteration.
    operations: u64,
    /// How many iterations one sample takes together.
    iterations: u64,
    samples: Vec<f64>,
}

impl Contender {
    /// Finds how often to repeat `trial`, which does `operations` each time.
    pub(crate) fn new(
        engine: &'static str,
        scenario: &'static str,
        trial: Box<dyn Trial>,
        operations: u64,
    ) -> Result<Self, BenchError> {
        let mut contender = Self {
            engine,
            scenario,
            threads: None,
            iterations: trial.least_iterations(),
            trial,
            operations,
            samples: Vec::new(),
        };
        while contender.run()? < SAMPLE {
            contender.iterations *= 2;
        }
        Ok(contender)
    }

    /// The same, known to have these threads.
    pub(crate) fn with_threads(self, threads: Option<usize>) -> Self {
        Self { threads, ..self }
    }

    /// One sample: microseconds for one operation.
    fn sample(&mut self) -> Result<f64, BenchError> {
        let elapsed = self.run()?;
        Ok(microseconds_each(
            elapsed,
            self.iterations * self.operations,
        ))
    }

    fn run(&mut self) -> Result<Duration, BenchError> {
        self.trial
            .run(self.iterations)
            .map_err(|source| BenchError::Engine {
                engine: self.engine,
                scenario: self.scenario,
                source: Box::new(source),
            })
    }

    fn measured(self) -> Option<Measured> {
        Some(Measured {
            engine: self.engine,
            threads: self.threads,
            summary: Summary::of(&self.samples)?,
            samples: self.samples,
        })
    }
}

/// Warms the contenders up and takes their samples.
pub(crate) fn race(
    mut contenders: Vec<Contender>,
    plan: &Plan,
) -> Result<Vec<Measured>, BenchError> {
    let start = Instant::now();
    for _ in 0..WARM_UP_ROUNDS.min(plan.runs) {
        // Each ran once already, when its sample size was found.
        if start.elapsed() >= plan.budget / 2 {
            break;
        }
        for contender in &mut contenders {
            contender.sample()?;
        }
    }
    take_samples(&mut contenders, plan)?;
    Ok(contenders
        .into_iter()
        .filter_map(Contender::measured)
        .collect())
}

/// The median of `engine` among `measured`, `None` if it did not run.
pub(crate) fn median_of(engine: &str, measured: &[Measured]) -> Option<f64> {
    let found = measured.iter().find(|other| other.engine == engine)?;
    Some(found.summary.median_us)
}

fn take_samples(contenders: &mut [Contender], plan: &Plan) -> Result<(), BenchError> {
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

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    };

    use super::*;

    /// A trial whose every iteration takes two milliseconds, by its own account.
    struct TwoMilliseconds;

    impl Trial for TwoMilliseconds {
        fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
            Ok(Duration::from_millis(2 * iterations))
        }
    }

    #[test]
    fn every_contender_has_every_place_equally_often() {
        let rounds: Vec<Vec<usize>> = (0..4).map(|round| order(round, 3).collect()).collect();
        assert_eq!(rounds, [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 1, 2]]);
        assert_eq!(order(7, 0).count(), 0);
    }

    #[test]
    fn time_is_shared_among_the_operations_of_an_iteration() {
        let plan = Plan {
            runs: 5,
            budget: Duration::from_secs(1),
        };
        let contender = Contender::new("e", "s", Box::new(TwoMilliseconds), 8).unwrap();
        let measured = race(vec![contender], &plan).unwrap();
        assert_eq!(measured[0].summary.runs, 5);
        assert_eq!(median_of("e", &measured), Some(250.0));
        assert_eq!(median_of("other", &measured), None);
    }

    /// A trial that takes as many iterations at least, and counts them.
    struct AtLeast(u64, Arc<AtomicU64>);

    impl Trial for AtLeast {
        fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
            self.1.fetch_add(iterations, Ordering::Relaxed);
            Ok(Duration::from_millis(2 * iterations))
        }

        fn least_iterations(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn a_sample_is_of_as_many_iterations_as_the_trial_wants() {
        let ran = Arc::new(AtomicU64::new(0));
        let trial = AtLeast(32, Arc::clone(&ran));
        let mut contender = Contender::new("e", "s", Box::new(trial), 1).unwrap();
        assert_eq!(contender.sample().unwrap(), 2000.0);
        // Once to find the size, once for the sample.
        assert_eq!(ran.load(Ordering::Relaxed), 2 * 32);
    }
}
