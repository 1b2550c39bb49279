//! `token init`: a new token in a free slot.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use mls_hsm_signer::token;
use serde_json::json;

use crate::Outcome;
use crate::connection::{ModuleArguments, PinArguments, pin};
use crate::output::{Output, columns};

#[derive(Subcommand)]
pub enum Command {
    /// Make a new token in a free slot; never overwrites one that exists
    Init(InitArguments),
}

#[derive(Args)]
pub struct InitArguments {
    #[command(flatten)]
    module: ModuleArguments,
    /// The new token's label, at most 32 bytes
    #[arg(long, allow_hyphen_values = true)]
    label: String,
    #[command(flatten)]
    officer: OfficerPin,
    #[command(flatten)]
    user: PinArguments,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct OfficerPin {
    /// A file with the security officer's PIN, closed to other users
    #[arg(long, value_name = "PATH")]
    so_pin_file: Option<PathBuf>,
    /// An environment variable with the security officer's PIN
    #[arg(long, value_name = "NAME")]
    so_pin_env: Option<String>,
}

pub fn run(command: Command, output: &Output) -> Outcome {
    let Command::Init(arguments) = command;
    let OfficerPin {
        so_pin_file,
        so_pin_env,
    } = arguments.officer;
    let officer = pin(so_pin_file.as_deref(), so_pin_env.as_deref())?;
    let user = arguments.user.read()?;
    let module = arguments.module.load(output)?;
    let identity = token::initialise(&module, &arguments.label, &officer, &user)?;
    let model = format!("{}, {}", identity.model, identity.manufacturer);
    let text = columns(&[("serial", identity.serial.clone()), ("model", model)]);
    let text = format!("made token {:?}\n{text}", identity.label);
    output.result(&json!(identity), &text)
}
