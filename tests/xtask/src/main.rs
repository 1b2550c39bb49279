//! `cargo xtask`: everything that is done with this workspace, from every test to the tables of its
//! documents. A file for each task has the Debian packages that it needs and the commands that it
//! runs; `--dry-run` prints both.

mod bench;
mod ci;
mod cli;
mod command;
mod demo;
mod deny;
mod lint;
mod mutants;
mod package;
mod packages;
mod record;
mod runner;
mod sbom;
mod selection;
mod soak;
mod tables;
mod task;
mod test;
#[cfg(test)]
mod tests;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Arguments::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
