//! The service as a program of its own, and curl.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};
use serde_json::Value;

use crate::Result;
use crate::narration::{Step, heading, remark};
use crate::state::State;
use mls_hsm_signer::token::SOFTHSM_PATHS;

/// How long the service may take to be ready.
const LIMIT: Duration = Duration::from_secs(30);

/// A running service.
pub struct Server {
    child: Child,
    program: PathBuf,
    socket: PathBuf,
    store: PathBuf,
}

impl Server {
    /// Starts the service and waits until curl says that it is ready.
    pub fn start(state: &State) -> Result<Self> {
        heading("The service starts, on SoftHSM and SQLite");
        let step = Step::begin();
        let configuration = state.write_secret("signer.toml", &configuration(state)?)?;
        let program = program()?;
        let child = Command::new(&program)
            .args(["serve", "--config"])
            .arg(&configuration)
            .env("RUST_LOG", "error")
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let mut server = Self {
            child,
            program,
            socket: state.path("signer.sock"),
            store: state.path("store.db"),
        };
        server.wait_until_ready()?;
        step.end(
            "the service",
            &format!("is ready at {}", server.socket.display()),
        );
        Ok(server)
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let began = Instant::now();
        while self.curl("/readyz", None).is_err() {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the service ended: {status}").into());
            }
            if began.elapsed() > LIMIT {
                return Err("the service is not ready".into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Asks for a path with curl, or posts JSON to it.
    pub fn curl(&self, path: &str, body: Option<&Value>) -> Result<Value> {
        let mut command = Command::new("curl");
        command.args(["--silent", "--fail-with-body", "--unix-socket"]);
        command.arg(&self.socket);
        if let Some(body) = body {
            command.args(["--header", "Content-Type: application/json", "--data"]);
            command.arg(body.to_string());
        }
        let output = command
            .arg(format!("http://signer{path}"))
            .output()
            .map_err(|error| format!("curl is needed (apt-get install curl): {error}"))?;
        let answer = String::from_utf8_lossy(&output.stdout).into_owned();
        if !output.status.success() {
            return Err(format!("curl {path}: {} {answer}", output.status).into());
        }
        Ok(serde_json::from_str(&answer)?)
    }

    /// Says how to call it, and waits for its end.
    pub fn keep(&mut self) -> Result<()> {
        heading("The service goes on until it is interrupted. Call it, for instance, by");
        let socket = self.socket.display();
        remark(&format!(
            "curl --unix-socket {socket} http://signer/mls/public-keys?format=jwk"
        ));
        remark(&format!(
            "curl --unix-socket {socket} http://signer/openapi.json"
        ));
        self.child.wait()?;
        Ok(())
    }

    /// Stops the service, and verifies its audit log.
    pub fn stop(mut self) -> Result<()> {
        heading("The service is stopped");
        let step = Step::begin();
        if self.child.try_wait()?.is_none() {
            kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        }
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("the service did not end in good order: {status}").into());
        }
        step.end(
            "the service",
            "has answered everything that it accepted, and ended",
        );
        let step = Step::begin();
        let output = Command::new(&self.program)
            .args(["audit", "verify", "--store"])
            .arg(format!("sqlite:{}", self.store.display()))
            .output()?;
        if !output.status.success() {
            return Err(format!("the audit log does not verify: {output:?}").into());
        }
        step.end(
            "an auditor",
            "verifies the log: every record, the chain, the HSM's checkpoints",
        );
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(None) = self.child.try_wait() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The program beside this example.
fn program() -> Result<PathBuf> {
    let example = std::env::current_exe()?;
    let directory = example
        .parent()
        .and_then(Path::parent)
        .unwrap_or(Path::new("."));
    let program = directory.join("mls-hsm-signer");
    if program.exists() {
        return Ok(program);
    }
    let advice = "run: cargo build --package mls_signer_cli, with the profile of this example";
    Err(format!("there is no {}; {advice}", program.display()).into())
}

fn configuration(state: &State) -> Result<String> {
    let module = SOFTHSM_PATHS.iter().find(|path| Path::new(path).exists());
    let module = module.ok_or("SoftHSM is not installed; on Debian: apt-get install softhsm2")?;
    let (uid, root) = (geteuid().as_raw(), geteuid().is_root());
    let (socket, store, pin) = (
        state.path("signer.sock"),
        state.path("store.db"),
        state.path("pin"),
    );
    Ok(format!(
        r#"[process]
allow_root = {root}

[listen.unix]
path = {socket:?}

[store]
url = "sqlite:{}"

[[tenants]]
name = "example.com"

[[tenants.tokens]]
name = "softhsm"
module = {module:?}
token_label = "removal"
pin_file = {pin:?}
sessions = 4

[[callers]]
name = "delivery-service"
unix_uids = [{uid}]
tenants = ["example.com"]
may = ["propose-removals", "read-keys", "read-audit", "read-metrics"]
"#,
        store.display()
    ))
}
