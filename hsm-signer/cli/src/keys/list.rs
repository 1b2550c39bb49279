//! `keys list`: the token's private keys, usable or not.

use clap::Args;
use mls_hsm_signer::{KeySelector, keys};

use super::description::{self, Description};
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
    let (values, mut text) = description::all(entries.iter().map(Description::of_entry));
    if entries.is_empty() {
        text = format!("no private key {selector}");
    }
    output.result(&values, &text)
}
