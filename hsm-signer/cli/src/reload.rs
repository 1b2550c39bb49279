//! `reload`: has a service on this machine read its configuration, keys and refused PINs again.

use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use rustix::net::sockopt::socket_peercred;
use rustix::process::{Signal, kill_process};
use serde_json::json;

use mls_hsm_signer::client::{Endpoint, SignerClient};

use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::runtime::wait;

/// How long a reading may take: one may be under way before, a PIN come through a pipe, a token be logged
/// in to.
const PATIENCE: Duration = Duration::from_secs(180);
const LOOK_EVERY: Duration = Duration::from_millis(50);

#[derive(Args)]
pub struct Arguments {
    /// The service: unix:PATH
    #[arg(long, value_name = "PLACE", value_parser = unix_path)]
    server: PathBuf,
}

/// The kernel says which process listens; that one is sent SIGHUP, which it is for the user of the
/// service and for root to do. What became of it the service tells its callers.
pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let path = arguments.server.display();
    let failed = |error: &dyn std::fmt::Display| format!("the service at {path}: {error}");
    let client = SignerClient::new(Endpoint::parse(&format!("unix:{path}"), None)?)?;
    let before = wait(client.reloads()).ok().flatten();
    let socket = UnixStream::connect(&arguments.server).map_err(|error| failed(&error))?;
    let peer = socket_peercred(&socket).map_err(|error| failed(&error))?;
    kill_process(peer.pid, Signal::HUP).map_err(|error| failed(&error))?;
    let process = peer.pid.as_raw_nonzero();
    let value = json!({ "process": process, "signal": "SIGHUP", "known": before.is_some() });
    let Some(before) = before else {
        let text = format!(
            "process {process} was told to read everything again; it does not tell this user what \
             became of it: see its log, and mls-hsm-signer status"
        );
        return output.result(&value, &text);
    };
    // One that had begun before the signal knows nothing of what has changed since.
    let refused = refused_after(&client, before.begun.unwrap_or(before.finished));
    match refused.map_err(|error| failed(&error))?.as_slice() {
        [] => output.result(
            &value,
            &format!("process {process} has read everything again"),
        ),
        refused => Err(Failure::Message(format!(
            "process {process} has read everything again, and has not taken over: {}",
            refused.join("; ")
        ))),
    }
}

/// What was not taken over by the reading that follows so many.
fn refused_after(client: &SignerClient, finished: u64) -> Result<Vec<String>, String> {
    let until = Instant::now() + PATIENCE;
    while Instant::now() < until {
        let reloads = wait(client.reloads()).map_err(|error| error.to_string())?;
        if let Some(last) = reloads.filter(|last| last.finished > finished) {
            return Ok(last.refused);
        }
        thread::sleep(LOOK_EVERY);
    }
    Err(format!(
        "it has not read everything again within {PATIENCE:?}; see its log"
    ))
}

fn unix_path(place: &str) -> Result<PathBuf, String> {
    let path = place.strip_prefix("unix:");
    let path = path.filter(|path| !path.is_empty()).map(PathBuf::from);
    path.ok_or_else(|| "a service on this machine is needed: unix:PATH".into())
}
