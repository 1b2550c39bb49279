//! `reload`: has a service on this machine read its configuration, keys and refused PINs again.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use clap::Args;
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use crate::Outcome;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    /// The service: unix:PATH
    #[arg(long, value_name = "PLACE", value_parser = unix_path)]
    server: PathBuf,
}

/// The kernel says which process listens; that one is sent SIGHUP, which it is for the user of the
/// service and for root to do. What became of it is in the service's log and metrics.
pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let path = arguments.server.display();
    let failed = |error: &dyn std::fmt::Display| format!("the service at {path}: {error}");
    let socket = UnixStream::connect(&arguments.server).map_err(|error| failed(&error))?;
    let peer = socket_peercred(&socket).map_err(|error| failed(&error))?;
    kill_process(peer.pid, Signal::HUP).map_err(|error| failed(&error))?;
    let process = peer.pid.as_raw_nonzero();
    let value = json!({ "process": process, "signal": "SIGHUP" });
    let text = format!(
        "process {process} was told to read everything again; its log says what became of it, and \
         mls-hsm-signer status whether it can sign"
    );
    output.result(&value, &text)
}

fn unix_path(place: &str) -> Result<PathBuf, String> {
    let path = place.strip_prefix("unix:").map(PathBuf::from);
    path.ok_or_else(|| "a service on this machine is needed: unix:PATH".into())
}
