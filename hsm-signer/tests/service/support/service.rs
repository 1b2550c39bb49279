//! A service that runs as its own process.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use mls_fault_module::{Faults, library};
use mls_hsm_signer::api::{
    RemovalItem, RemovalResult, RemovalsRequest, RemovalsResponse, base64, bytes,
};
use mls_hsm_signer::client::{ClientError, Endpoint, Patience, SignerClient};

use super::http::{Reply, Wire};
use super::sandbox::{Sandbox, succeeded};
use super::softhsm::module_path;

/// Enough for anything that is to succeed, on a machine that does much else.
const PATIENCE: Duration = Duration::from_secs(60);

/// Files, tokens and a configuration, before the service runs.
pub struct Setup {
    pub sandbox: Sandbox,
    /// Each tenant and its label; the token is reached through a fault module of its own.
    tenants: Vec<(String, Faults)>,
    listen: String,
    callers: String,
    extra: String,
    /// Further lines of the section `[process]`.
    pub process: String,
    pub sessions: usize,
    /// Variables of the service's environment.
    pub environment: Vec<(String, String)>,
}

impl Setup {
    /// One tenant, `example.com`, with a key of each scheme; the Unix socket; this user may do
    /// everything.
    pub fn new() -> Self {
        let mut setup = Self {
            sandbox: Sandbox::empty(),
            tenants: Vec::new(),
            listen: String::new(),
            callers: String::new(),
            extra: String::new(),
            process: String::new(),
            sessions: 4,
            environment: Vec::new(),
        };
        let socket = setup.socket();
        setup.listen("unix", &format!("path = {socket:?}"));
        setup.tenant("example.com");
        setup
    }

    /// The Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.sandbox.path("signer.sock")
    }

    /// Adds a tenant with a token of its own and a key of each scheme.
    pub fn tenant(&mut self, name: &str) {
        succeeded(&self.sandbox.init(name));
        let mut command =
            self.sandbox
                .command(&["keys", "generate", "--in-process", "--token-label", name]);
        command.arg("--module").arg(module_path());
        command.arg("--pin-file").arg(self.sandbox.path("pin"));
        succeeded(&command.output().unwrap());
        let directory = self.sandbox.path(&format!("faults-{name}"));
        std::fs::create_dir(&directory).unwrap();
        let faults = Faults::install(&library().unwrap(), &directory, module_path()).unwrap();
        self.tenants.push((name.into(), faults));
    }

    /// What a tenant's module is told.
    pub fn faults(&self, tenant: &str) -> &Faults {
        let found = self.tenants.iter().find(|(name, _)| name == tenant);
        &found.unwrap().1
    }

    /// Adds a listener.
    pub fn listen(&mut self, kind: &str, lines: &str) {
        self.listen += &format!("[listen.{kind}]\n{lines}\n");
    }

    /// Adds a caller. Without any, this user is one that may do everything.
    pub fn caller(&mut self, lines: &str) {
        self.callers += &format!("[[callers]]\n{lines}\n");
    }

    /// Adds sections.
    pub fn more(&mut self, lines: &str) {
        self.extra += &format!("{lines}\n");
    }

    /// Everything, for this user.
    pub fn everything(&self) -> String {
        let names: Vec<_> = self.tenants.iter().map(|(name, _)| name).collect();
        let uid = rustix::process::geteuid().as_raw();
        format!(
            "name = \"tester\"\nunix_uids = [{uid}]\ntenants = {names:?}\n\
             may = [\"propose-removals\", \"read-keys\", \"read-audit\", \"read-metrics\"]\n"
        )
    }

    /// The configuration as text.
    pub fn configuration(&self) -> String {
        let callers = if self.callers.is_empty() {
            format!("[[callers]]\n{}", self.everything())
        } else {
            self.callers.clone()
        };
        let tenants: String = self
            .tenants
            .iter()
            .map(|(name, faults)| self.section(name, faults))
            .collect();
        let store = self.sandbox.path("store.db");
        format!(
            "[process]\nallow_root = true\n{}\n[store]\nurl = \"sqlite:{}\"\n{}{}{tenants}{callers}",
            self.process,
            store.display(),
            self.listen,
            self.extra,
        )
    }

    fn section(&self, name: &str, faults: &Faults) -> String {
        let (module, pin) = (faults.module(), self.sandbox.path("pin"));
        format!(
            "[[tenants]]\nname = {name:?}\n[[tenants.tokens]]\nname = \"hsm of {}\"\nmodule = {module:?}\n\
             token_label = {name:?}\npin_file = {pin:?}\nsessions = {}\n",
            name, self.sessions
        )
        .replace("hsm of ", "hsm-")
    }

    /// Writes the configuration; returns its path.
    pub fn write(&self) -> PathBuf {
        self.sandbox
            .write("signer.toml", &self.configuration(), 0o600)
    }

    /// The command that serves.
    pub fn command(&self) -> Command {
        let path = self.write();
        let mut command = self.sandbox.command(&["serve", "--config"]);
        command.arg(path).envs(self.environment.clone());
        command
    }

    /// Starts the service and waits until it is ready.
    pub fn start(self) -> Service {
        let mut service = Service {
            child: self.command().stderr(Stdio::piped()).spawn().unwrap(),
            setup: self,
            log: std::sync::Arc::default(),
        };
        service.keep_log();
        service.wait_until_ready();
        service
    }
}

/// A running service.
pub struct Service {
    child: Child,
    pub setup: Setup,
    log: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Service {
    fn keep_log(&mut self) {
        let lines = BufReader::new(self.child.stderr.take().unwrap()).lines();
        let log = std::sync::Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *log.lock().unwrap() += &(line + "\n");
            }
        });
    }

    fn wait_until_ready(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the service ended ({status}): {}", self.log());
            }
            let ready = Wire::unix(&self.setup.socket()).map(|wire| wire.get("/readyz"));
            if matches!(ready, Ok(Reply { status: 200, .. })) {
                return;
            }
            assert!(Instant::now() < until, "never ready: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its process id.
    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end; returns the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Ends it at once and starts it again on the same files.
    pub fn kill_and_start(mut self) -> Self {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.start_again()
    }

    /// Starts it again on the same files, once it has ended.
    pub fn start_again(mut self) -> Self {
        self.child = self.setup.command().stderr(Stdio::piped()).spawn().unwrap();
        self.keep_log();
        self.wait_until_ready();
        self
    }

    /// A connection to its Unix socket.
    pub fn wire(&self) -> Wire {
        Wire::unix(&self.setup.socket()).unwrap()
    }

    /// A client over its Unix socket that asks once.
    pub fn client(&self) -> SignerClient {
        let patience = Patience {
            total: PATIENCE,
            attempt: PATIENCE,
            ..Patience::default()
        };
        SignerClient::with_patience(Endpoint::unix(self.setup.socket()), patience).unwrap()
    }

    /// Asks once, over its Unix socket.
    pub fn propose(&self, removals: Vec<RemovalItem>) -> Result<Vec<RemovalResult>, ClientError> {
        let request = RemovalsRequest {
            removals,
            ..RemovalsRequest::default()
        };
        let response: Result<(RemovalsResponse, _), _> =
            runtime().block_on(self.client().propose_once(&request));
        response.map(|(response, _)| response.results)
    }

    /// Checks the audit log with the command line; returns what it says.
    pub fn verify_audit(&self) -> String {
        let url = format!("sqlite:{}", self.setup.sandbox.path("store.db").display());
        let mut command = self
            .setup
            .sandbox
            .command(&["audit", "verify", "--json", "--store"]);
        succeeded(&command.arg(url).output().unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the service's log:\n{}", self.log());
        }
    }
}

/// A runtime for a test's client.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A removal of the scheme's current key.
pub fn item(scheme: &str, group: &str, leaf_index: u32) -> RemovalItem {
    RemovalItem {
        group_id: base64(group.as_bytes()),
        epoch: 7,
        leaf_index,
        signature_scheme: Some(scheme.into()),
        ..RemovalItem::default()
    }
}

/// The message of a result that is signed.
pub fn message(result: &RemovalResult) -> Vec<u8> {
    match result {
        RemovalResult::Signed(signed) => bytes(&signed.message).unwrap(),
        RemovalResult::Refused { problem } => panic!("refused: {problem:?}"),
    }
}
