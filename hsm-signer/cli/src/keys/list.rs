//! `keys list`: the token's private keys, usable or not.

use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::{KeySelector, keys};
use serde_json::Value;

use super::description::Description;
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

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let token = arguments.token.open()?;
    let selector = arguments.key.selector().unwrap_or_else(KeySelector::any);
    let entries = keys::list(token.as_ref(), &selector)?;
    let described: Vec<_> = entries.iter().map(Description::of_entry).collect();
    let values = described.iter().map(Description::value).collect::<Value>();
    let texts: Vec<_> = described.iter().map(Description::text).collect();
    let text = if texts.is_empty() {
        format!("no private key {selector}")
    } else {
        texts.join("\n")
    };
    output.result(&values, &text)?;
    Ok(ExitCode::SUCCESS)
}
