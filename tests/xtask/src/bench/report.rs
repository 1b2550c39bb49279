//! Everything on every engine.

use std::path::PathBuf;

use crate::command::{Command, cargo, script};
use crate::packages::Purpose;
use crate::selection::{BENCHES, GUEST};
use crate::task::Task;
use crate::workspace;

/// The page, and what it is made from.
pub fn task(with_fips: bool) -> Task {
    let mut commands = guests(with_fips);
    let report = told_of_guests(mls_bench("report"), with_fips);
    commands.push(report.words("--html bench-report.html --json bench-report.json"));
    Task {
        purpose: purpose(with_fips),
        commands,
    }
}

/// The packages of a report: FIPS mode takes CMake and Go.
pub fn purpose(with_fips: bool) -> Purpose {
    match with_fips {
        true => Purpose::Fips,
        false => Purpose::Bench,
    }
}

/// What builds the programs of engines that cannot be linked with the others: another aws-lc-rs, and
/// the FIPS module.
pub fn guests(with_fips: bool) -> Vec<Command> {
    let mut guests = vec![cargo("build --release", "").workspace(GUEST, &guest_target())];
    if with_fips {
        guests.push(script("benches/fips.sh").words("guest"));
    }
    guests
}

/// Where the first of them is built.
pub fn guest_target() -> PathBuf {
    workspace::target().join("awslc")
}

/// Tells `mls-bench` where they are.
pub fn told_of_guests(command: Command, with_fips: bool) -> Command {
    let command = command.path("--guest", &guest_target().join("release/mls-bench-awslc"));
    match with_fips {
        true => command.path("--fips", &workspace::target().join("fips-bench/fips")),
        false => command,
    }
}

/// The benchmark's program.
pub fn mls_bench(words: &str) -> Command {
    cargo("run --release", "--quiet --bin mls-bench")
        .packages(&[BENCHES])
        .words("--")
        .words(words)
}
