//! `serve`: the signer as a service.

use crate::exit_code::ExitCode;
use std::path::{Path, PathBuf};

use clap::Args;
use mls_hsm_signer::server::{Checked, check, serve};
use serde_json::json;

use crate::Outcome;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// The configuration, closed to other users
    #[arg(long, value_name = "PATH")]
    config: PathBuf,
    /// Check all that serving needs, up to the login, and serve nothing
    #[arg(long)]
    pub check: bool,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    if arguments.check {
        return run_check(&arguments.config, output);
    }
    serve(&arguments.config)?;
    Ok(ExitCode::SUCCESS)
}

fn run_check(config: &Path, output: &Output) -> Outcome {
    let Checked {
        tenants,
        callers,
        problems,
        in_use,
    } = check(config, &|module| output.loading(module))?;
    let valid = problems.is_empty();
    let mut text = if valid {
        let (tenants, callers) = (tenants.len(), callers.len());
        format!("the service can start: {tenants} tenants, {callers} callers; no PIN was tried")
    } else {
        problems.join("\n")
    };
    let value = json!({
        "valid": valid,
        "tenants": tenants.len(),
        "callers": callers.len(),
        "problems": problems,
        "in_use": in_use,
    });
    for used in in_use {
        text += &format!("\nnote: in use, by the service that runs or by another program: {used}");
    }
    output.result(&value, &text)?;
    Ok(ExitCode::from(u8::from(!valid)))
}
