//! `keys retire` and `keys destroy`: an old key out of use, and a retired one gone for ever.

use clap::{ArgGroup, Args};
use mls_hsm_signer::encoding;
use mls_hsm_signer::keys::generation::OldKey;
use mls_hsm_signer::message::printable::printable;
use mls_hsm_signer::{Error, KeySelector, Token};
use serde_json::json;

use super::description;
use crate::Outcome;
use crate::connection::{Bytes, KeyArguments, TokenArguments, base64};
use crate::output::Output;

#[derive(Args)]
#[command(group = ArgGroup::new("old_key").args(["public_key", "label", "id"]).required(true).multiple(true))]
pub struct OldKeyArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The public key as MLS carries it, in base64: keys list shows it of keys that can sign
    #[arg(long, value_name = "BASE64", value_parser = base64, conflicts_with_all = ["label", "id"])]
    public_key: Option<Bytes>,
    #[command(flatten)]
    key: KeyArguments,
}

/// Has `end` put the key into a new `state`; it gives the key's label.
pub fn run(
    arguments: &OldKeyArguments,
    end: fn(&dyn Token, OldKey<'_>) -> Result<String, Error>,
    state: &str,
    output: &Output,
) -> Outcome {
    // clap sees to it that there is a public key or a name.
    let names = arguments.key.selector().unwrap_or_else(KeySelector::any);
    let which = match &arguments.public_key {
        Some(key) => OldKey::PublicKey(key),
        None => OldKey::Named(&names),
    };
    let token = arguments.token.open(output)?;
    let label = end(token.as_ref(), which)?;
    let public_key = arguments.public_key.as_deref().map(encoding::base64);
    let said = public_key.clone().unwrap_or_else(|| names.to_string());
    let value = json!({ "label": label, "public_key": public_key, "state": state });
    let text = format!(
        "{}\n  {state}: {said}\n{}",
        printable(&label),
        description::RELOAD
    );
    output.result(&value, &text)
}
