//! The provider on ring, without AWS-LC.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::{EVIDENCE, PROVIDER};
use crate::task::Task;

/// Everything of it that does not want AWS-LC, as the manifests have it.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![
            with_ring("clippy", &[PROVIDER]).words("--all-targets -- --deny warnings"),
            with_ring("test", &[PROVIDER, EVIDENCE]).words("--lib --tests"),
        ],
    }
}

fn with_ring(subcommand: &str, packages: &[&str]) -> Command {
    cargo(subcommand, "--no-default-features --features ring").packages(packages)
}
