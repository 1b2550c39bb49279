//! The surveys there are.

use std::num::NonZeroUsize;

use openmls_traits::types::Ciphersuite;

use super::{Step, Survey, Work, thread_counts};
use crate::{
    answer::{ROWS, Row},
    engines::ENGINES,
    lanes, suite,
};

/// What the question "which suite on this CPU" needs: this project's provider on every
/// suite, in under two minutes.
pub fn answer() -> Survey {
    Survey {
        steps: ROWS.iter().map(answer_step).collect(),
        ..Survey::default()
    }
}

/// What is measured for a row of the answer: the suites take turns.
fn answer_step(row: &Row) -> Step {
    let step = Step::scenario(row.scenario, &suite::all(), row.members.unwrap_or(2));
    let (runs, seconds) = if row.members.is_some() {
        (7, 3.0)
    } else {
        (31, 0.8)
    };
    step.with_engines(&[row.engine]).with_budget(runs, seconds)
}

/// The single operations that a report shows.
pub const OPERATIONS: &[&str] = &[
    "key-package",
    "key-package-validate",
    "sign",
    "verify",
    "hpke-seal",
    "hpke-open",
    "aead-encrypt",
    "aead-decrypt",
    "aead-encrypt-64k",
    "aead-decrypt-64k",
    "hash-64k",
];

/// The sizes of group that a report shows commits of.
pub const COMMIT_MEMBERS: &[usize] = &[10, 100, 1000];

/// The lengths of batch of the break-even.
const BATCHES: &[usize] = &[1, 2, 4, 8, 12, 16, 32, 64];

/// Everything that the report shows: all engines, groups, threads, batches, CPU features.
pub fn report() -> Survey {
    let mut steps = answer().steps;
    steps.extend(operations());
    steps.extend(groups());
    steps.extend(suite::all().into_iter().map(threads));
    steps.extend(batches());
    Survey {
        steps: without_repetition(steps),
        masked: true,
        memory: suite::all()
            .into_iter()
            .map(|suite| (suite.into(), 1000))
            .collect(),
        guests: Vec::new(),
    }
}

/// Large groups: 50,000 for the provider's own part, 10,000 through OpenMLS.
pub fn large() -> Survey {
    let suites = || suite::all().into_iter().take(2);
    let seals = |suite| {
        let of = move |members| {
            let step = |name, engines| {
                Step::scenario(name, &[suite], members)
                    .with_engines(engines)
                    .with_budget(5, 10.0)
            };
            [
                step("seal-many", &["hw", "hw-batch"]),
                step("seal-many-prepared", &["hw-batch"]),
            ]
        };
        [100, 2000, 10_000, 50_000].into_iter().flat_map(of)
    };
    let groups = |suite| {
        ["commit", "commit-prepared", "join", "process"].map(|name| {
            Step::scenario(name, &[suite], 10_000)
                .with_engines(&["hw-batch"])
                .with_budget(5, 20.0)
        })
    };
    let steps = suites().flat_map(move |suite| seals(suite).chain(groups(suite)));
    Survey {
        steps: steps.collect(),
        memory: suites().map(|suite| (suite.into(), 10_000)).collect(),
        ..Survey::default()
    }
}

fn engines() -> Vec<&'static str> {
    ENGINES.iter().map(|row| row.name).collect()
}

/// `hw-batch` does single calls as `hw` does: measuring it there would show noise.
fn single_engines() -> Vec<&'static str> {
    engines()
        .into_iter()
        .filter(|name| *name != "hw-batch")
        .collect()
}

/// All suites and engines of an operation take turns.
fn operations() -> impl Iterator<Item = Step> {
    let engines = single_engines();
    OPERATIONS.iter().map(move |name| {
        Step::scenario(name, &suite::all(), 2)
            .with_engines(&engines)
            .with_budget(21, 2.0)
    })
}

/// The suites with many engines: the others are measured in small groups alone, whose
/// members take milliseconds each.
const MANY_ENGINES: usize = 3;

/// A suite at a time: with groups of every suite and engine together, memory would be
/// what is measured.
fn groups() -> Vec<Step> {
    let engines = engines();
    let commits = COMMIT_MEMBERS.iter().map(|&members| ("commit", members));
    let others = ["commit-prepared", "join", "process"].map(|name| (name, 1000));
    let all: Vec<(&str, usize)> = commits.chain(others).collect();
    let small: Vec<(&str, usize)> = all[..2].to_vec();
    let of = |(index, suite)| {
        let works = if index < MANY_ENGINES { &all } else { &small };
        let step = |&(name, members): &(&str, usize)| {
            Step::scenario(name, &[suite], members)
                .with_engines(&engines)
                .with_budget(7, 1.0)
        };
        works.iter().map(step).collect::<Vec<_>>()
    };
    suite::all().into_iter().enumerate().flat_map(of).collect()
}

fn threads(suite: Ciphersuite) -> Step {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    Step::scenario("seal-many", &[suite], 1024)
        .with_engines(&["hw", "hw-batch", "rust-crypto"])
        .with_threads(thread_counts(cores))
        .with_budget(9, 1.0)
}

fn batches() -> impl Iterator<Item = Step> {
    let engines: Vec<String> = lanes::engine::break_even_engines()
        .iter()
        .map(|engine| engine.name().to_owned())
        .collect();
    let operations = ["x25519-agree", "p256-agree"];
    let batches = BATCHES.iter().filter_map(|&batch| NonZeroUsize::new(batch));
    let of = |operation: &'static str| {
        batches
            .clone()
            .map(move |batch| (operation.to_owned(), batch))
            .collect::<Vec<_>>()
    };
    operations
        .into_iter()
        .flat_map(of)
        .collect::<Vec<_>>()
        .into_iter()
        .map(move |(operation, batch)| Step {
            engines: engines.clone(),
            ..Step::of(Work::Lanes { operation, batch }).with_budget(11, 0.3)
        })
}

/// The last step of each work: a later one names more engines.
fn without_repetition(steps: Vec<Step>) -> Vec<Step> {
    let is_repeated = |index: usize, step: &Step| {
        steps[index + 1..].iter().any(|later| {
            later.work == step.work
                && later.threads == step.threads
                && step.engines.iter().all(|name| later.engines.contains(name))
        })
    };
    let kept = steps
        .iter()
        .enumerate()
        .filter(|(index, step)| !is_repeated(*index, step));
    kept.map(|(_, step)| step.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lanes::operation, scenario};

    #[test]
    fn surveys_measure_what_exists_and_nothing_twice() {
        for survey in [answer(), report(), large()] {
            println!("{} steps", survey.steps.len());
            for (index, step) in survey.steps.iter().enumerate() {
                match &step.work {
                    Work::Scenario { name, .. } => assert!(scenario::find(name).is_ok(), "{name}"),
                    Work::Lanes { operation, .. } => {
                        assert!(operation::find(operation).is_ok(), "{operation}");
                    }
                    Work::Memory { .. } => {}
                }
                let others = &survey.steps[index + 1..];
                assert!(others.iter().all(|other| other != step), "{}", step.title());
            }
        }
    }
}
