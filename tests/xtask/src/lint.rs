//! Formatting, clippy and docs with warnings denied, packages, and lock files.

use crate::command::{Command, cargo, cargo_fmt};
use crate::package;
use crate::packages::Purpose;
use crate::runner::{Failure, Runner};
use crate::selection::OTHER_WORKSPACES;
use crate::test::fips;

/// Checks all of them.
pub fn run(runner: &Runner) -> Result<(), Failure> {
    runner.install(Purpose::Test.packages())?;
    for command in commands() {
        runner.run(&command)?;
    }
    OTHER_WORKSPACES
        .iter()
        .try_for_each(|folder| lock_file_is_current(runner, folder))
}

fn commands() -> [Command; 5] {
    [
        cargo_fmt("--all --check"),
        cargo("clippy", "--workspace --all-targets -- --deny warnings"),
        fips::cargo_fips(
            "clippy",
            "--lib --bins --test fips --test fips_sbom -- --deny warnings",
        ),
        cargo("doc", "--workspace --no-deps").variable("RUSTDOCFLAGS", "--deny warnings"),
        package::command(false),
    ]
}

fn lock_file_is_current(runner: &Runner, folder: &str) -> Result<(), Failure> {
    let metadata = cargo("metadata", "--quiet --format-version 1").manifest(folder);
    runner
        .printed_by(&metadata)
        .map_err(|failure| match failure {
            Failure::Failed(..) => {
                Failure::Unexpected(format!("{folder}/Cargo.lock is not that of its manifest"))
            }
            other => other,
        })?;
    Ok(())
}
