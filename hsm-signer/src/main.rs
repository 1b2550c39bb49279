//! `mls-hsm-signer`: removal keys in a PKCS#11 token, from the command line.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
