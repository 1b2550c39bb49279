//! The command line and the service over one module, and the files that they use.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use mls_hsm_signer::api::{
    REMOVALS_PATH, RemovalItem, RemovalResult, RemovalsRequest, RemovalsResponse,
};
use serde_json::Value;

use crate::http::{Reply, Wire};
use crate::modules::{Case, PIN};

/// Enough for a service to start on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The command line, and the files that it uses.
pub struct Desk {
    directory: tempfile::TempDir,
    module: PathBuf,
    parameters: Option<String>,
    label: String,
}

impl Desk {
    /// For the token with this label, which need not be there yet.
    pub fn new(case: &Case, label: &str) -> Self {
        let desk = Self {
            directory: tempfile::tempdir().unwrap(),
            module: case.module.clone(),
            parameters: case.parameters.clone(),
            label: label.into(),
        };
        desk.write("pin", PIN);
        desk.write("so-pin", &case.officer_pin);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    pub fn program() -> Command {
        Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"))
    }

    fn with_module(&self, arguments: &[&str]) -> Command {
        let mut command = Self::program();
        command.args(arguments).arg("--module").arg(&self.module);
        if let Some(parameters) = &self.parameters {
            command.args(["--module-parameters", parameters]);
        }
        command
    }

    /// `token init`.
    pub fn init(&self) -> Output {
        let mut command = self.with_module(&["token", "init", "--label", &self.label]);
        command.arg("--so-pin-file").arg(self.path("so-pin"));
        command.arg("--pin-file").arg(self.path("pin"));
        command.output().unwrap()
    }

    /// A command that logs in with the PIN in the file named.
    pub fn with_pin(&self, pin: &str, arguments: &[&str]) -> Output {
        let mut command = self.with_module(arguments);
        command.args(["--token-label", &self.label]);
        command.arg("--pin-file").arg(self.path(pin));
        command.output().unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.with_pin("pin", arguments)
    }

    pub fn say(&self, arguments: &[&str]) -> String {
        said(self.run(arguments))
    }

    pub fn json(&self, arguments: &[&str]) -> Value {
        let arguments = [arguments, &["--json"]].concat();
        serde_json::from_str(&self.say(&arguments)).unwrap()
    }

    /// Starts the service, which need not become ready.
    pub fn start(&self, sessions: usize) -> Service {
        let (socket, pin) = (self.path("socket"), self.path("pin"));
        let uid = rustix::process::geteuid().as_raw();
        let (store, module, label) = (self.store(), &self.module, &self.label);
        let parameters = self.parameters.iter();
        let parameters: String = parameters
            .map(|text| format!("module_parameters = {text:?}\n"))
            .collect();
        let configuration = format!(
            "[process]\nallow_root = true\n[store]\nurl = {store:?}\n[listen.unix]\npath = \
             {socket:?}\n[[tenants]]\nname = \"example.com\"\n[[tenants.tokens]]\nname = \"hsm\"\n\
             module = {module:?}\n{parameters}token_label = {label:?}\npin_file = {pin:?}\n\
             sessions = {sessions}\n[[callers]]\nname = \"tester\"\nunix_uids = [{uid}]\n\
             tenants = [\"example.com\"]\nmay = [\"propose-removals\", \"read-keys\"]\n"
        );
        let mut command = Self::program();
        command.args(["serve", "--config"]);
        command.arg(self.write("signer.toml", &configuration));
        let log = std::fs::File::create(self.path("log")).unwrap();
        let child = command.stderr(log).stdout(Stdio::null()).spawn().unwrap();
        Service { child, socket }
    }

    /// What the service has logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }

    pub fn store(&self) -> String {
        format!("sqlite:{}", self.path("audit.db").display())
    }
}

/// What a command that succeeded printed.
pub fn said(output: Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The service, until it is dropped.
pub struct Service {
    child: Child,
    socket: PathBuf,
}

impl Service {
    /// Whether it became ready; else it has ended.
    pub fn becomes_ready(&mut self) -> bool {
        let until = Instant::now() + PATIENCE;
        loop {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            let ready = Wire::unix(&self.socket).map(|wire| wire.get("/readyz"));
            if matches!(ready, Ok(Reply { status: 200, .. })) {
                return true;
            }
            assert!(Instant::now() < until, "not ready within {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub fn get(&self, path: &str) -> Value {
        let reply = Wire::unix(&self.socket).unwrap().get(path);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    /// The results, or the code of the problem.
    pub fn try_propose(&self, removals: Vec<RemovalItem>) -> Result<Vec<RemovalResult>, String> {
        let request = RemovalsRequest {
            removals,
            ..RemovalsRequest::default()
        };
        let body = serde_json::to_vec(&request).unwrap();
        let wire = Wire::unix(&self.socket).unwrap();
        let reply = wire.post(REMOVALS_PATH, &body);
        if reply.status != 200 {
            return Err(reply.code());
        }
        let response: RemovalsResponse = serde_json::from_slice(&reply.body).unwrap();
        Ok(response.results)
    }

    pub fn propose(&self, removals: Vec<RemovalItem>) -> Vec<RemovalResult> {
        self.try_propose(removals).unwrap()
    }

    /// SIGTERM; whether it ended in good order.
    pub fn stop(mut self) -> bool {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().success()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
