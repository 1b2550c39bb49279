//! `serve`: the signer as a service.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use mls_hsm_signer::server::{Config, serve};
use serde_json::json;

use super::Outcome;
use super::voice::{Failure, Voice};

#[derive(Args)]
pub struct Arguments {
    /// The configuration, closed to other users
    #[arg(long, value_name = "PATH")]
    config: PathBuf,
    /// Check the configuration and serve nothing
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments, voice: &Voice) -> Outcome {
    if arguments.check {
        let config =
            Config::load(&arguments.config).map_err(|error| Failure::Message(error.to_string()))?;
        let (tenants, callers) = (config.tenants.len(), config.callers.len());
        voice.result(
            &json!({ "valid": true, "tenants": tenants, "callers": callers }),
            &format!("the configuration is valid: {tenants} tenants, {callers} callers"),
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    serve(&arguments.config)?;
    Ok(ExitCode::SUCCESS)
}

/// Logs to standard error, as JSON where a program reads; `RUST_LOG` chooses what, and
/// everything from `info` on where it does not.
pub fn log(json: bool) {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    if json {
        log.json().init();
    } else {
        log.init();
    }
}
