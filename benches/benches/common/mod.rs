//! What the benchmarks share: one criterion group for each scenario and suite, or
//! operation and length of batch, in it one benchmark for each engine that has it.

use std::time::Duration;

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use mls_bench::{
    engines::ENGINES,
    scenario::{Case, Scenario, Trial},
    suite,
};
use openmls_traits::types::Ciphersuite;

/// Short runs: there are some three hundred benchmarks.
pub fn configuration() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(200))
        .measurement_time(Duration::from_secs(1))
        .sample_size(20)
}

/// Whether this is `cargo test`, which runs each benchmark once. As criterion does, go
/// by the argument that only `cargo bench` gives.
#[allow(dead_code, reason = "not every benchmark depends on it")]
pub fn is_test() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

/// Says which engines do not support which suites: what they lack there is skipped.
#[allow(dead_code, reason = "not every benchmark has suites")]
pub fn say_what_is_skipped() {
    for engine in ENGINES {
        let lacks = |suite: &Ciphersuite| !engine.supports(*suite);
        let lacking: Vec<_> = suite::all()
            .into_iter()
            .filter(lacks)
            .map(suite::number)
            .collect();
        if !lacking.is_empty() {
            eprintln!(
                "skipped: what `{}` lacks of {}",
                engine.name,
                lacking.join(", ")
            );
        }
    }
}

/// Runs `scenario` on every engine that supports it.
#[allow(dead_code, reason = "not every benchmark has suites")]
pub fn compare(criterion: &mut Criterion, scenario: &Scenario, suite: Ciphersuite, members: usize) {
    let name = format!("{}/{}", scenario.name, suite::number(suite));
    let mut group = criterion.benchmark_group(name);
    for engine in ENGINES {
        let prepare = || {
            let prepared = engine.prepare(scenario.name, &Case { suite, members });
            prepared.unwrap_or_else(|error| panic!("{error}"))
        };
        if engine.can_run(scenario, suite) {
            run(&mut group, engine.name, prepare);
        }
    }
    group.finish();
}

/// Prepares only what criterion's filter lets through, and that once.
pub fn run(
    group: &mut BenchmarkGroup<'_, WallTime>,
    engine: &str,
    prepare: impl Fn() -> Option<Box<dyn Trial>>,
) {
    let mut trial = None;
    group.bench_function(engine, |bencher| {
        let trial = trial.get_or_insert_with(&prepare);
        bencher.iter_custom(|iterations| match trial {
            Some(trial) => trial
                .run(iterations)
                .unwrap_or_else(|error| panic!("engine `{engine}`: {error}")),
            None => panic!("engine `{engine}` lacks it after all"),
        });
    });
}
