//! The suites and functions that features bring: drafts, X448 and Ed448.

use super::fips::cargo_fips_drafts;
use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::{BENCHES, EVIDENCE, FEATURES, PQ, PROVIDER, SIGNER_CRATES, SIGNER_FEATURES};
use crate::task::Task;

/// What each feature changes, crate by crate.
pub fn task() -> Task {
    let commands = vec![
        with(FEATURES, &[PROVIDER]).words("--lib"),
        with(FEATURES, &[EVIDENCE]).words(EVIDENCE_TESTS),
        cargo_fips_drafts("--lib --test fips"),
        with(SIGNER_FEATURES, SIGNER_CRATES)
            .words("--lib --test bytes --test no_token --test matrix"),
        with(SIGNER_FEATURES, SIGNER_CRATES).words("--test store of_every_scheme"),
        with(PQ, &[BENCHES]).words("--lib --test scenarios"),
    ];
    Task {
        purpose: Purpose::Test,
        commands,
    }
}

/// Those that want a feature, and interop, which has more suites then. What is written in documents
/// is of a build without features.
const EVIDENCE_TESTS: &str = "--test curve448 --test interop --test pq_groups --test pq_suites \
    --test pq_wycheproof --test readme_features --test targeted_messages --test virtual_clients";

fn with(features: &str, packages: &[&str]) -> Command {
    cargo("test", "--features")
        .words(features)
        .packages(packages)
}
