//! `doctor`: everything that a signature needs, checked one by one.

use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::KeySelector;
use mls_hsm_signer::doctor::examine;

use super::Outcome;
use super::connection::{KeyArguments, TokenArguments};
use super::voice::Voice;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    #[command(flatten)]
    key: KeyArguments,
}

pub fn run(arguments: Arguments, voice: &Voice) -> Outcome {
    let pin = arguments.token.pin()?;
    let keys = arguments.key.selector().unwrap_or_else(KeySelector::any);
    let report = examine(
        arguments.token.module(),
        &arguments.token.selector(),
        &pin,
        &keys,
    );
    voice.report(&report)?;
    Ok(if report.healthy() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
