//! `token init`: a new token in a free slot.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use mls_hsm_signer::token;
use serde_json::json;

use crate::Outcome;
use crate::connection::{ModuleArguments, pin};
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
    #[arg(long)]
    label: String,
    #[command(flatten)]
    officer: OfficerPin,
    #[command(flatten)]
    user: UserPin,
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

#[derive(Args)]
#[group(required = true, multiple = false)]
struct UserPin {
    /// A file with the user's PIN, closed to other users
    #[arg(long, value_name = "PATH")]
    pin_file: Option<PathBuf>,
    /// An environment variable with the user's PIN
    #[arg(long, value_name = "NAME")]
    pin_env: Option<String>,
}

pub fn run(command: Command, output: &Output) -> Outcome {
    let Command::Init(arguments) = command;
    let officer = pin(
        &arguments.officer.so_pin_file,
        &arguments.officer.so_pin_env,
    )?;
    let user = pin(&arguments.user.pin_file, &arguments.user.pin_env)?;
    let module = arguments.module.load()?;
    let identity = token::initialise(&module, &arguments.label, &officer, &user)?;
    let text = columns(&[
        ("serial", identity.serial.clone()),
        (
            "model",
            format!("{}, {}", identity.model, identity.manufacturer),
        ),
    ]);
    output.result(
        &json!(identity),
        &format!("made token {:?}\n{text}", identity.label),
    )?;
    Ok(ExitCode::SUCCESS)
}
