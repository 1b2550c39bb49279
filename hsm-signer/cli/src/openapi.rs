//! `openapi`: the OpenAPI document of the service.

use crate::Outcome;
use crate::output::Output;

pub fn run(output: &Output) -> Outcome {
    output.print(&mls_hsm_signer::server::openapi())
}
