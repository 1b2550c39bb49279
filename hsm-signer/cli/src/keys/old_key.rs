//! `keys retire` and `keys destroy`: an old key out of use, and a retired one gone for ever.

use clap::Args;
use mls_hsm_signer::encoding;
use mls_hsm_signer::message::printable::printable;
use mls_hsm_signer::{Error, Token};
use serde_json::json;

use crate::Outcome;
use crate::connection::{Bytes, TokenArguments, base64};
use crate::output::Output;

#[derive(Args)]
pub struct OldKeyArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The public key as MLS carries it, in base64: keys list shows it
    #[arg(long, value_name = "BASE64", value_parser = base64)]
    public_key: Bytes,
}

/// Has `end` put the key into a new `state`; it gives the key's label.
pub fn run(
    arguments: &OldKeyArguments,
    end: fn(&dyn Token, &[u8]) -> Result<String, Error>,
    state: &str,
    output: &Output,
) -> Outcome {
    let token = arguments.token.open(output)?;
    let label = end(token.as_ref(), &arguments.public_key)?;
    let public_key = encoding::base64(&arguments.public_key);
    let value = json!({ "label": label, "public_key": public_key, "state": state });
    output.result(
        &value,
        &format!("{}\n  {state}: {public_key}", printable(&label)),
    )
}
