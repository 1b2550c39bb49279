//! `keys list`: the token's private keys, usable or not.

use clap::Args;
use mls_hsm_signer::{KeySelector, keys};
use serde_json::json;

use super::description;
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
    let token = arguments.token.open(output)?;
    let selector = arguments.key.selector().unwrap_or_else(KeySelector::any);
    let entries = keys::list(token.as_ref(), &selector)?;
    if entries.is_empty() {
        return output.result(&json!([]), &format!("no private key {selector}"));
    }
    let (values, text) = description::all(entries);
    output.result(&values, &text)
}
