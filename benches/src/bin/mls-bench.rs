//! `mls-bench`: which MLS ciphersuite and OpenMLS provider is fastest on this CPU.

use std::process::ExitCode;

use clap::Parser;
use mls_bench::cli::Cli;

fn main() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(error.exit_code())
        }
    }
}
