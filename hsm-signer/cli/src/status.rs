//! `status`: asks a service whether it can sign and record.

use clap::Args;
use serde_json::json;

use crate::Outcome;
use crate::output::Output;
use crate::runtime::wait;
use crate::server::ServerArguments;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Ask only whether the process serves, for a supervisor that would restart it
    #[arg(long)]
    alive: bool,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let client = arguments.server.client()?;
    if arguments.alive {
        wait(client.alive())?;
        return output.result(&json!({ "alive": true }), "alive");
    }
    let readiness = wait(client.ready())?;
    let text = format!("ready; FIPS 140-3: {:?}", readiness.fips.status);
    output.result(&json!(readiness), &text)
}
