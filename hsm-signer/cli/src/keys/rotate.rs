//! `keys rotate`: the next generation of a scheme's key.

use clap::Args;
use mls_hsm_signer::Scheme;
use mls_hsm_signer::keys::generation;

use super::description;
use crate::Outcome;
use crate::connection::{TokenArguments, scheme_parser};
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The scheme to make the next key for
    #[arg(long, value_parser = scheme_parser())]
    scheme: &'static Scheme,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let token = arguments.token.open(output)?;
    let signer = generation::rotate(&token, arguments.scheme)?;
    let entry = description::of_signer(&signer);
    let advice = "new groups name this key once a service that runs is reloaded; groups that name an older one \
                  keep it";
    let text = format!("{}\n{advice}", description::text(&entry));
    output.result(&description::value(&entry), &text)
}
