//! `doctor`: everything that a signature needs, checked one by one.

use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::KeySelector;
use mls_hsm_signer::doctor::examine;

use crate::Outcome;
use crate::connection::{KeyArguments, TokenArguments};
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    #[command(flatten)]
    key: KeyArguments,
}

pub fn run(arguments: Arguments, output: &Output) -> Outcome {
    let pin = arguments.token.pin()?;
    let keys = arguments.key.selector().unwrap_or_else(KeySelector::any);
    let report = examine(
        arguments.token.module(),
        &arguments.token.selector(),
        &pin,
        &keys,
    );
    output.report(&report)?;
    Ok(if report.healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
