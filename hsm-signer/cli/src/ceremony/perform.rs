//! `ceremony perform`: the keys of a plan, and a report that they sign.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use mls_hsm_signer::keys::ceremony::{ModuleIdentity, Plan, SignedReport, perform};

use super::files;
use super::verify::say_verified;
use crate::Outcome;
use crate::connection::TokenArguments;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The plan
    #[arg(long, value_name = "PATH")]
    plan: PathBuf,
    /// The plan's fingerprint, which all who are present have compared
    #[arg(long, value_name = "HEX")]
    confirm: String,
    /// Where the report is written; never over a file that exists
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let plan = Plan::from_json(&files::read(&arguments.plan)?)?;
    let (module, token) = arguments.token.open_here(output)?;
    let module = ModuleIdentity::of(&module)?;
    // The file before the keys: a report that cannot be written must not cost keys.
    let mut file = files::create(&arguments.out)?;
    let keep = |report: &SignedReport| files::write(&mut file, &arguments.out, &report.to_json()?);
    let performed = perform(&token, &module, &plan, &arguments.confirm, keep);
    let report = performed.inspect_err(|_| {
        // Ours, and empty or worthless: the keys that it names are gone.
        let _ = fs::remove_file(&arguments.out);
    })?;
    say_verified(&report, &arguments.out, output)
}
