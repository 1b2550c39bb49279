//! `keys rotate`, `keys retire`, `keys destroy`: the generations of a scheme's key.

use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use clap::Args;
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::{Error, Scheme};
use serde_json::json;

use super::description::Description;
use crate::Outcome;
use crate::connection::{Bytes, TokenArguments, base64, scheme_parser};
use crate::voice::Voice;

#[derive(Args)]
pub struct RotateArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The scheme to make the next key for
    #[arg(long, value_parser = scheme_parser())]
    scheme: &'static Scheme,
}

#[derive(Args)]
pub struct KeyArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The public key as MLS carries it, in base64: keys list shows it
    #[arg(long, value_name = "BASE64", value_parser = base64)]
    public_key: Bytes,
}

pub fn rotate(arguments: &RotateArguments, voice: &Voice) -> Outcome {
    let token = arguments.token.open()?;
    let signer = generation::rotate(&token, arguments.scheme)?;
    let described = Description::of_signer(&signer);
    let advice = "new groups name this key from now on; groups that name an older one keep it";
    voice.result(
        &described.value(),
        &format!("{}\n{advice}", described.text()),
    )?;
    Ok(ExitCode::SUCCESS)
}

pub fn retire(arguments: &KeyArguments, voice: &Voice) -> Outcome {
    change(arguments, voice, "retired", |token, key| {
        generation::retire(token, key)
    })
}

pub fn destroy(arguments: &KeyArguments, voice: &Voice) -> Outcome {
    change(arguments, voice, "destroyed", |token, key| {
        generation::destroy(token, key)
    })
}

fn change(
    arguments: &KeyArguments,
    voice: &Voice,
    done: &str,
    step: impl FnOnce(&dyn mls_hsm_signer::Token, &[u8]) -> Result<String, Error>,
) -> Outcome {
    let token = arguments.token.open()?;
    let label = step(token.as_ref(), &arguments.public_key.0)?;
    let public_key = Base64::encode_string(&arguments.public_key.0);
    let value = json!({ "label": label, "public_key": public_key, "state": done });
    voice.result(&value, &format!("{label}\n  {done}: {public_key}"))?;
    Ok(ExitCode::SUCCESS)
}
