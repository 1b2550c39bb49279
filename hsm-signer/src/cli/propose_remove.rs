//! `propose-remove`: one External Remove proposal, signed in the token.

use std::path::PathBuf;
use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use clap::Args;
use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::{HsmSigner, KeySelector, Scheme};
use serde_json::json;

use super::Outcome;
use super::connection::{Bytes, KeyArguments, TokenArguments, base64, hexadecimal, scheme_parser};
use super::voice::{Failure, Voice};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    #[command(flatten)]
    key: KeyArguments,
    /// Use the key with this scheme's default label, mls-removal-SCHEME
    #[arg(long, value_parser = scheme_parser(), conflicts_with_all = ["label", "id", "public_key"],
          required_unless_present_any = ["label", "id", "public_key"])]
    scheme: Option<&'static Scheme>,
    /// Use the key with this public key, in base64: the one that the group names, of
    /// whatever generation
    #[arg(long, value_name = "BASE64", value_parser = base64, conflicts_with_all = ["label", "id"])]
    public_key: Option<Bytes>,
    /// The group's id, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    group_id: Bytes,
    /// The group's epoch
    #[arg(long, value_name = "NUMBER")]
    epoch: u64,
    /// The leaf of the member to remove
    #[arg(long, value_name = "NUMBER")]
    leaf_index: u32,
    /// The key's place in the group's external_senders extension
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    sender_index: u32,
    /// Write the MLSMessage to this file instead of printing it in base64
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

pub fn run(arguments: Arguments, voice: &Voice) -> Outcome {
    let token = arguments.token.open()?;
    let selector = match &arguments.public_key {
        Some(key) => generation::find(token.as_ref(), &key.0)?.selector(),
        None => selector(&arguments),
    };
    let signer = HsmSigner::open(token, &selector)?;
    let message = signer.propose_remove(
        &arguments.group_id.0,
        arguments.epoch,
        arguments.leaf_index,
        arguments.sender_index,
    )?;
    match &arguments.out {
        Some(path) => write(path, &message)?,
        None => say(&arguments, &signer, &message, voice)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// clap sees to it that there is either a scheme or a label or id.
fn selector(arguments: &Arguments) -> KeySelector {
    let by_scheme = arguments
        .scheme
        .map(|scheme| KeySelector::label(scheme.default_label()));
    by_scheme
        .or_else(|| arguments.key.selector())
        .unwrap_or_else(KeySelector::any)
}

fn say(
    arguments: &Arguments,
    signer: &HsmSigner,
    message: &[u8],
    voice: &Voice,
) -> Result<(), Failure> {
    let encoded = Base64::encode_string(message);
    let value = json!({
        "message": encoded,
        "group_id": hex(&arguments.group_id.0),
        "epoch": arguments.epoch,
        "leaf_index": arguments.leaf_index,
        "sender_index": arguments.sender_index,
        "scheme": signer.scheme().name,
        "public_key": Base64::encode_string(signer.public_key()),
    });
    voice.result(&value, &encoded)
}

fn write(path: &PathBuf, message: &[u8]) -> Result<(), Failure> {
    std::fs::write(path, message)
        .map_err(|error| Failure::Message(format!("cannot write {}: {error}", path.display())))
}
