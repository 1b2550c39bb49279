//! `openapi`: the OpenAPI document of the service.

use std::process::ExitCode;

use crate::Outcome;
use crate::output::Output;

pub fn run(output: &Output) -> Outcome {
    output.print(&mls_hsm_signer::server::openapi())?;
    Ok(ExitCode::SUCCESS)
}
