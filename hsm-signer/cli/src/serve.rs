//! `serve`: the signer as a service.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::server::{Config, serve};
use serde_json::json;

use crate::Outcome;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// The configuration, closed to other users
    #[arg(long, value_name = "PATH")]
    config: PathBuf,
    /// Check the configuration and serve nothing
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    if arguments.check {
        let config = Config::load(&arguments.config)?;
        let (tenants, callers) = (config.tenants.len(), config.callers.len());
        return output.result(
            &json!({ "valid": true, "tenants": tenants, "callers": callers }),
            &format!("the configuration is valid: {tenants} tenants, {callers} callers"),
        );
    }
    serve(&arguments.config)?;
    Ok(ExitCode::SUCCESS)
}
