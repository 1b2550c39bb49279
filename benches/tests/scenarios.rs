//! Every scenario runs and verifies on every engine and suite that it supports.

use mls_bench::{
    engines::{ENGINES, REFERENCE},
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

/// Whether the draft's suites take part.
const DRAFT: bool = cfg!(feature = "draft-ietf-mls-pq-ciphersuites");

/// The draft's suites.
const DRAFTS: [u16; 10] = [
    0x0042, 0x004d, 0x004e, 0x004f, 0x0050, 0x0051, 0x0052, 0x0906, 0x0907, 0xf042,
];

/// The suites of each engine, RFC 9420's and the draft's, written down here so that one that
/// goes missing is seen.
const SUPPORTED: [(&str, &[u16], &[u16]); 7] = [
    ("hw", &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007], &DRAFTS),
    (
        "hw-batch",
        &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007],
        &DRAFTS,
    ),
    (
        "rust-crypto",
        &[0x0001, 0x0002, 0x0003],
        &[
            0x0042, 0x004e, 0x004f, 0x0050, 0x0051, 0x0052, 0x0906, 0x0907, 0xf042,
        ],
    ),
    ("libcrux", &[0x0001, 0x0003], &[0x004d, 0x004e, 0x004f]),
    (
        "mls-rs-openssl",
        &[0x0001, 0x0002, 0x0003, 0x0005, 0x0007],
        &[],
    ),
    ("mls-rs-rustcrypto", &[0x0001, 0x0002, 0x0003, 0x0007], &[]),
    ("ring", &[], &[]),
];

/// The suites that an engine is to have in this build.
fn expected(rfc_9420: &[u16], draft: &[u16]) -> Vec<u16> {
    [rfc_9420, if DRAFT { draft } else { &[] }].concat()
}

/// The pairs of engine and suite in it.
fn pairs() -> usize {
    let suites = SUPPORTED.map(|(_, rfc_9420, draft)| expected(rfc_9420, draft).len());
    suites.iter().sum()
}

#[test]
fn the_engines_support_the_suites_they_are_known_for() {
    assert_eq!(ENGINES.len(), SUPPORTED.len());
    for (engine, (name, rfc_9420, draft)) in ENGINES.iter().zip(SUPPORTED) {
        let supports = |suite: &Ciphersuite| engine.supports(*suite);
        let supported: Vec<u16> = suite::all()
            .into_iter()
            .filter(supports)
            .map(u16::from)
            .collect();
        assert_eq!((engine.name, supported), (name, expected(rfc_9420, draft)));
    }
}

#[test]
fn every_operation_runs_and_verifies() {
    let ran = run_all(|scenario| scenario.kind == Kind::Operation);
    // 5 operations of HPKE on the pairs of engine and suite; 15 of hash, KDF, AEAD and
    // randomness on every engine and suite, but for the 6 with SHA-512, which
    // mls-rs-rustcrypto has in no suite; 3 of signatures on the pairs, on rust-crypto's
    // P-384, which its suites do not use, and on ring in the four suites without P-521.
    // Of the draft's suites one more has SHA-512; six have the signatures of RFC 9420's
    // suites, which mls-rs-openssl, mls-rs-rustcrypto and ring have too, as rust-crypto and
    // libcrux have those of the one suite each that lacks its KEM there.
    let everywhere = suite::all().len() * SUPPORTED.len();
    let with_sha512 = if DRAFT { 2 } else { 1 };
    let signatures_alone = 1 + 4 + if DRAFT { 3 * 6 + 2 } else { 0 };
    assert_eq!(
        ran,
        5 * pairs() + 15 * everywhere - 6 * with_sha512 + 3 * (pairs() + signatures_alone)
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
