//! FIPS mode, over the current module and over the certified one.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::{
    CERTIFIED, EVIDENCE, FIPS_CRATES, FIPS_PROGRAM, PQ, PROVIDER, SIGNER_CRATES,
};
use crate::task::Task;
use crate::workspace;

/// What FIPS mode changes, over the module that is linked by default.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Fips,
        commands: vec![
            cargo_fips("test", "--lib --bin")
                .words(FIPS_PROGRAM)
                .words(TESTS),
            cargo_fips("test", "--test service fips"),
        ],
    }
}

/// The module itself, the provider on it, and what the signer is linked with.
const TESTS: &str = "--test fips --test fips_symbols --test fips_sbom --test command_line \
    --test bytes --test no_token --test wycheproof --test rfc9180 --test malformed \
    --test properties --test batch --test prepared --test prepared_verifications";

/// The provider's conformance suite over the certified module, without and with ML-KEM.
pub fn certified_task() -> Task {
    Task {
        purpose: Purpose::Fips,
        commands: vec![
            cargo_certified(""),
            cargo_certified("--features ml-kem --test fips"),
        ],
    }
}

/// Cargo for everything that can be linked with the FIPS module: one selection of crates for every
/// command, or Cargo builds the C library again.
pub fn cargo_fips(subcommand: &str, words: &str) -> Command {
    cargo(subcommand, "--no-default-features --features fips")
        .packages(FIPS_CRATES)
        .packages(&[PROVIDER])
        .packages(SIGNER_CRATES)
        .packages(&[EVIDENCE])
        .words(words)
}

/// Tests with the suites of ML-KEM.
pub fn cargo_fips_drafts(words: &str) -> Command {
    cargo("test", "--no-default-features --features")
        .argument(format!("fips,{PQ}"))
        .packages(FIPS_CRATES)
        .packages(&[PROVIDER])
        .words(words)
}

/// Tests over the certified module, beside the other builds.
pub fn cargo_certified(words: &str) -> Command {
    cargo("test", "")
        .workspace(CERTIFIED, &workspace::target())
        .words(words)
}
