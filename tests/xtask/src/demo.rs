//! The main job, shown by examples.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::runner::{Failure, Runner};
use crate::selection::{PROVIDER, SIGNER, SIGNER_CLI, SIGNER_PROGRAM};
use crate::workspace;

/// Where the examples keep their tokens.
const STATE: &str = "--state .state";

/// What the first build takes.
const CRATES: usize = 340;
const MINUTES: usize = 4;

/// Removals in a group, a large commit, and the signer as a service.
pub fn run(runner: &Runner) -> Result<(), Failure> {
    runner.install(Purpose::Run.packages())?;
    build(runner)?;
    runner.run(&example("remove_member").words(STATE))?;
    runner.blank_line();
    runner.run_silently(&example("large_commit"))?;
    runner.blank_line();
    runner.run_silently(&example("removal_service").words(STATE))
}

/// The service, until it is interrupted: it gets the signal, and its end is this program's.
pub fn serve(runner: &Runner) -> Result<(), Failure> {
    runner.install(Purpose::Run.packages())?;
    build(runner)?;
    runner.become_it(&example("removal_service").words(STATE).words("--keep"))
}

fn build(runner: &Runner) -> Result<(), Failure> {
    eprintln!("The first build compiles {CRATES} crates: about {MINUTES} minutes on two cores.");
    runner.run(&built())
}

/// The examples, and the signer's program, which the service's example starts: together, for each alone
/// would have the crates that they share built with features of its own.
fn built() -> Command {
    cargo("build", "--profile demo")
        .packages(&[PROVIDER, SIGNER, SIGNER_CLI])
        .argument("--features")
        .argument(format!("{PROVIDER}/openmls,{SIGNER}/client"))
        .words("--example remove_member --example large_commit --example removal_service")
        .words("--bin")
        .words(SIGNER_PROGRAM)
}

fn example(name: &str) -> Command {
    Command::new(workspace::target().join("demo/examples").join(name))
}
