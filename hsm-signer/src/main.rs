//! `mls-hsm-signer`: removal keys in a PKCS#11 token, from the command line.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    mls_hsm_signer::isolation::become_worker_if_asked().unwrap_or_else(cli::run)
}
