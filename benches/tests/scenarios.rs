//! Every scenario runs and verifies on every engine and suite that it supports.

use mls_bench::{
    engine::{ENGINES, REFERENCE},
    measure::{Lineup, Plan, measure},
    scenario::{Case, Kind, Requirement, Scenario, scenarios},
    suite,
};
use openmls_traits::types::Ciphersuite;
use std::time::Duration;

/// The founder, one who fills the tree, and one who joins.
const MEMBERS: usize = 3;

const ONCE: Plan = Plan {
    runs: 1,
    budget: Duration::from_secs(1),
};

/// The suites of each engine, written down here so that one that goes missing is seen.
const SUPPORTED: [(&str, &[u16]); 7] = [
    ("hw", &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007]),
    ("hw-batch", &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007]),
    ("rust-crypto", &[0x0001, 0x0002, 0x0003]),
    ("libcrux", &[0x0001, 0x0003]),
    ("mls-rs-openssl", &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007]),
    ("mls-rs-rustcrypto", &[0x0001, 0x0002, 0x0003, 0x0007]),
    ("ring", &[]),
];

/// The pairs of engine and suite in it.
fn pairs() -> usize {
    SUPPORTED.iter().map(|(_, suites)| suites.len()).sum()
}

#[test]
fn the_engines_support_the_suites_they_are_known_for() {
    assert_eq!(ENGINES.len(), SUPPORTED.len());
    for (engine, (name, numbers)) in ENGINES.iter().zip(SUPPORTED) {
        let supports = |suite: &Ciphersuite| engine.supports(*suite);
        let supported: Vec<u16> = suite::all()
            .into_iter()
            .filter(supports)
            .map(u16::from)
            .collect();
        assert_eq!((engine.name, supported.as_slice()), (name, numbers));
    }
}

#[test]
fn every_operation_runs_and_verifies() {
    let ran = run_all(|scenario| scenario.kind == Kind::Operation);
    // 5 operations of HPKE on the pairs of engine and suite; 15 of hash, KDF, AEAD and
    // randomness on every engine and suite, but for the 6 with SHA-512, which
    // mls-rs-rustcrypto has in no suite; 3 of signatures on the pairs, on rust-crypto's
    // P-384, which its suites do not use, and on ring in the four suites without P-521.
    let everywhere = 5 * SUPPORTED.len();
    assert_eq!(
        ran,
        5 * pairs() + 15 * everywhere - 6 + 3 * (pairs() + 1 + 4)
    );
}

#[test]
fn every_key_package_scenario_runs_and_verifies() {
    assert_eq!(
        run_all(|scenario| scenario.kind == Kind::KeyPackage),
        2 * pairs()
    );
}

#[test]
fn every_batch_runs_and_verifies() {
    assert_eq!(
        run_all(|scenario| scenario.kind == Kind::Batch),
        5 * pairs()
    );
}

#[test]
fn every_group_scenario_runs_and_verifies() {
    assert_eq!(
        run_all(|scenario| scenario.kind == Kind::Group),
        6 * pairs()
    );
}

#[test]
fn the_smallest_group_and_batch_work_too() {
    let groups = scenarios().iter().filter(|row| row.has_members());
    for scenario in groups {
        let case = Case {
            suite: suite::all()[0],
            members: mls_bench::scenario::MINIMUM_MEMBERS,
        };
        let measurement = measure(scenario, &case, &Lineup::of(ENGINES), &ONCE).unwrap();
        // All but ring, which has no suite.
        assert_eq!(
            measurement.engines.len(),
            ENGINES.len() - 1,
            "{}",
            scenario.name
        );
    }
}

/// Runs the chosen scenarios on every suite and engine, and counts what ran.
fn run_all(chosen: impl Fn(&&Scenario) -> bool) -> usize {
    let mut ran = 0;
    for scenario in scenarios().iter().filter(chosen) {
        for suite in suite::all() {
            ran += run(scenario, suite);
        }
    }
    println!("{ran} combinations of scenario, suite and engine verified");
    ran
}

fn run(scenario: &Scenario, suite: Ciphersuite) -> usize {
    let case = Case {
        suite,
        members: MEMBERS,
    };
    let measurement = measure(scenario, &case, &Lineup::of(ENGINES), &ONCE).unwrap();
    if scenario.requirement == Requirement::Suite {
        let expected = ENGINES
            .iter()
            .filter(|engine| engine.supports(suite))
            .count();
        assert_eq!(measurement.engines.len(), expected, "{}", scenario.name);
    }
    for measured in &measurement.engines {
        assert_eq!(measured.summary.runs, 1);
        assert!(measured.summary.median_us > 0.0);
        let ratio = measurement.ratio(measured).unwrap();
        assert!(ratio > 0.0);
        assert!(measured.engine != REFERENCE || ratio == 1.0);
    }
    measurement.engines.len()
}
