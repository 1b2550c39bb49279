//! The main job, shown by examples.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::runner::{Failure, Runner};
use crate::selection::{PROVIDER, SIGNER, SIGNER_CLI, SIGNER_PROGRAM};

/// Where the examples keep their tokens.
const STATE: &str = "--state .state";

/// Removals in a group, a large commit, and the signer as a service.
pub fn run(runner: &Runner) -> Result<(), Failure> {
    runner.install(Purpose::Run.packages())?;
    runner.run(&example("--package", SIGNER, "remove_member").words(STATE))?;
    runner.blank_line();
    runner.run_silently(&example(
        "--quiet --features openmls --package",
        PROVIDER,
        "large_commit",
    ))?;
    runner.blank_line();
    runner.run_silently(&program("--quiet"))?;
    runner.run_silently(&service("--quiet").words(STATE))
}

/// The service, until it is interrupted: it gets the signal, and its end is this program's.
pub fn serve(runner: &Runner) -> Result<(), Failure> {
    runner.install(Purpose::Run.packages())?;
    runner.run(&program(""))?;
    runner.become_it(&service("").words(STATE).words("--keep"))
}

fn service(options: &str) -> Command {
    let options = format!("{options} --features client --package");
    example(&options, SIGNER, "removal_service")
}

fn example(options: &str, package: &str, name: &str) -> Command {
    cargo("run --release", options)
        .words(package)
        .words("--example")
        .words(name)
        .words("--")
}

/// The signer's program, which the service's example starts.
fn program(options: &str) -> Command {
    cargo("build --release", options)
        .packages(&[SIGNER_CLI])
        .words("--bin")
        .words(SIGNER_PROGRAM)
}
