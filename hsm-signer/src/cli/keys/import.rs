//! `keys import`: a key from a PKCS#8 file into the token.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::{PrivateKey, keys};
use zeroize::Zeroizing;

use super::description::Description;
use super::generate::spec;
use crate::cli::Outcome;
use crate::cli::connection::{Bytes, TokenArguments, hexadecimal};
use crate::cli::voice::{Failure, Voice};

/// No key of ours comes near this length in bytes.
const MAX_LENGTH: usize = 16 * 1024;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The key, as `openssl genpkey` writes it: PKCS#8 in PEM, not encrypted
    #[arg(long, value_name = "PATH")]
    pkcs8: PathBuf,
    /// The key's label [default: mls-removal-SCHEME]
    #[arg(long)]
    label: Option<String>,
    /// The key's id in hexadecimal [default: random]
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    id: Option<Bytes>,
}

pub fn run(arguments: &Arguments, voice: &Voice) -> Outcome {
    let pem = read(&arguments.pkcs8)
        .map_err(|error| Failure::Message(format!("{}: {error}", arguments.pkcs8.display())))?;
    let key = PrivateKey::from_pem(&pem)?;
    drop(pem);
    let spec = spec(
        key.scheme(),
        arguments.label.as_deref(),
        arguments.id.as_ref(),
    )?;
    let token = arguments.token.open()?;
    let signer = keys::import(&token, &spec, &key)?;
    let described = Description::of_signer(&signer);
    let reminder = format!(
        "the token has signed with it; now destroy {} and every other copy",
        arguments.pkcs8.display()
    );
    voice.result(
        &described.value(),
        &format!("{}\n{reminder}", described.text()),
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Reads the file into memory that is overwritten afterwards; the room is taken at
/// once, so that no copy is left behind by growing.
fn read(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(MAX_LENGTH + 1));
    File::open(path)?
        .take(MAX_LENGTH as u64)
        .read_to_string(&mut text)?;
    Ok(text)
}
