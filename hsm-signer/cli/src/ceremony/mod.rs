//! `ceremony`: keys made before witnesses, in three steps.

mod files;
mod perform;
mod prepare;
mod verify;

use clap::Subcommand;

use crate::Outcome;
use crate::output::Output;

#[derive(Subcommand)]
pub enum Command {
    /// First step: write down which keys are to be made, and where; makes none
    Prepare(prepare::Arguments),
    /// Second step: make the keys of a plan, and a report that they sign
    Perform(perform::Arguments),
    /// Check a report, without token and module
    Verify(verify::Arguments),
}

impl Command {
    /// Whether it loads the module, which these do into the process where they run.
    pub fn needs_module(&self) -> bool {
        !matches!(self, Self::Verify(_))
    }

    /// Whether it changes what is in the token.
    pub fn makes_something(&self) -> bool {
        matches!(self, Self::Perform(_))
    }
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Prepare(arguments) => prepare::run(&arguments, output),
        Command::Perform(arguments) => perform::run(&arguments, output),
        Command::Verify(arguments) => verify::run(&arguments, output),
    }
}
