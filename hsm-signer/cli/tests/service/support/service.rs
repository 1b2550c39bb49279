//! A service that runs as its own process.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mls_fault_module::{Faults, library};
use mls_hsm_signer::api::{RemovalItem, RemovalResult, RemovalsRequest, RemovalsResponse};
use mls_hsm_signer::audit::store::StoreConfig;
use mls_hsm_signer::client::{ClientError, Endpoint, Patience, SignerClient};
use mls_hsm_signer::encoding::{base64, from_base64};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::http::{Reply, Wire};
use super::sandbox::{Sandbox, succeeded};
use super::softhsm::module_path;

/// Enough for anything that is to succeed, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Files, tokens and a configuration, before the service runs.
#[derive(Clone)]
pub struct Setup {
    pub sandbox: Arc<Sandbox>,
    /// Replicas have names of their own.
    instance: String,
    /// Each tenant and its label; the token is reached through a fault module of its own.
    tenants: Vec<(String, Arc<Faults>)>,
    store: StoreConfig,
    listen: String,
    callers: String,
    extra: String,
    tenant_extra: String,
    token_extra: String,
    /// Further lines of the section `[process]`.
    pub process: String,
    pub sessions: usize,
    /// Whether each tenant has its token a second time, past the fault module.
    pub spare: bool,
    /// Whether each tenant's first token is one that there is not.
    pub missing_first: bool,
    /// Another file than the program that was built.
    pub program: Option<PathBuf>,
    /// Variables of the service's environment.
    pub environment: Vec<(String, String)>,
}

impl Setup {
    /// One tenant, `example.com`, with a key of each scheme; the Unix socket; this user may do
    /// everything.
    pub fn new() -> Self {
        let sandbox = Arc::new(Sandbox::empty());
        // A directory that has nothing but the store.
        std::fs::create_dir(sandbox.path("store")).unwrap();
        let store = sandbox.path("store/audit.db");
        let mut setup = Self {
            sandbox,
            instance: "signer".into(),
            tenants: Vec::new(),
            store: StoreConfig::new(format!("sqlite:{}", store.display())),
            listen: String::new(),
            callers: String::new(),
            extra: String::new(),
            tenant_extra: String::new(),
            token_extra: String::new(),
            process: String::new(),
            sessions: 4,
            spare: false,
            missing_first: false,
            program: None,
            environment: Vec::new(),
        };
        setup.tenant("example.com");
        setup
    }

    /// The same for another process: the tokens, the callers, the store, and a socket of its
    /// own.
    #[cfg(feature = "postgres")]
    pub fn replica(&self, name: &str) -> Self {
        Self {
            instance: name.into(),
            ..self.clone()
        }
    }

    /// Keeps the log elsewhere than in a SQLite file.
    #[cfg(feature = "postgres")]
    pub fn store(&mut self, store: StoreConfig) {
        self.store = store;
        // Which a SQLite file has beside it.
        if !self.process.contains("state_directory") {
            let directory = self.sandbox.path("store");
            self.process += &format!("state_directory = {directory:?}\n");
        }
    }

    /// The Unix socket.
    pub fn socket(&self) -> PathBuf {
        self.sandbox.path(&format!("{}.sock", self.instance))
    }

    /// Adds a tenant with a token of its own and a key of each scheme.
    pub fn tenant(&mut self, name: &str) {
        succeeded(&self.sandbox.init(name));
        self.generate(name, &[]);
        let directory = self.sandbox.path(&format!("faults-{name}"));
        std::fs::create_dir(&directory).unwrap();
        let faults = Faults::install(&library().unwrap(), &directory, module_path()).unwrap();
        self.tenants.push((name.into(), Arc::new(faults)));
    }

    /// Makes keys in a tenant's token by the command line: one of each scheme, unless the
    /// arguments say otherwise. Returns what it says.
    pub fn generate(&self, tenant: &str, arguments: &[&str]) -> Value {
        let mut command = self.sandbox.command(&["keys", "generate", "--json"]);
        command.args(["--in-process", "--token-label", tenant]);
        command.arg("--module").arg(module_path()).args(arguments);
        command.arg("--pin-file").arg(self.sandbox.path("pin"));
        let said = succeeded(&command.output().unwrap());
        serde_json::from_str(&said).unwrap()
    }

    /// What a tenant's module is told.
    pub fn faults(&self, tenant: &str) -> &Faults {
        let found = self.tenants.iter().find(|(name, _)| name == tenant);
        &found.unwrap().1
    }

    /// What a tenant's module was to sign, of what MLS frames. Rules must say `C_Sign keep`; only
    /// Ed25519 gets messages, the others their digests.
    pub fn proposals_signed(&self, tenant: &str) -> Vec<Vec<u8>> {
        const LABEL: &[u8] = b"MLS 1.0 FramedContentTBS";
        let mut signed = self.faults(tenant).signed();
        signed.retain(|data| data.windows(LABEL.len()).any(|part| part == LABEL));
        signed
    }

    /// Adds a listener.
    pub fn listen(&mut self, kind: &str, lines: &str) {
        self.listen += &format!("[listen.{kind}]\n{lines}\n");
    }

    /// Replaces the listener's line that begins so.
    pub fn replace_line(&mut self, begin: &str, line: &str) {
        let lines = self.listen.lines().map(|old| {
            let new = if old.starts_with(begin) { line } else { old };
            format!("{new}\n")
        });
        self.listen = lines.collect();
    }

    /// Adds a caller. Without any, this user is one that may do everything.
    pub fn caller(&mut self, lines: &str) {
        self.callers += &format!("[[callers]]\n{lines}\n");
    }

    /// Adds keys to each tenant.
    pub fn of_tenants(&mut self, lines: &str) {
        self.tenant_extra += &format!("{lines}\n");
    }

    /// Adds keys to each token.
    pub fn of_tokens(&mut self, lines: &str) {
        self.token_extra += &format!("{lines}\n");
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
        let (socket, store) = (self.socket(), &self.store);
        let password = store.password_file.as_ref();
        let password = password.map_or(String::new(), |path| format!("password_file = {path:?}\n"));
        format!(
            "[process]\nallow_root = true\n{}\n[store]\nurl = {:?}\n{password}[listen.unix]\npath = \
             {socket:?}\n{}{}{tenants}{callers}",
            self.process, store.url, self.listen, self.extra,
        )
    }

    fn section(&self, name: &str, faults: &Faults) -> String {
        let (pin, sessions) = (self.sandbox.path("pin"), self.sessions);
        let token = |source: &str, module: &Path, label: &str| {
            format!(
                "[[tenants.tokens]]\nname = \"{source}-{name}\"\nmodule = {module:?}\n\
                 token_label = {label:?}\npin_file = {pin:?}\nsessions = {sessions}\n{}",
                self.token_extra
            )
        };
        let mut section = format!("[[tenants]]\nname = {name:?}\n{}", self.tenant_extra);
        if self.missing_first {
            section += &token("missing", module_path(), "nowhere");
        }
        section += &token("hsm", &faults.module(), name);
        if self.spare {
            section += &token("spare", module_path(), name);
        }
        section
    }

    /// A command on the audit log.
    pub fn audit(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&["audit"]);
        command.args(arguments).args(["--store", &self.store.url]);
        if let Some(path) = &self.store.password_file {
            command.arg("--store-password-file").arg(path);
        }
        command
    }

    /// Checks the audit log with the command line.
    pub fn audit_verify(&self, arguments: &[&str]) -> Output {
        let mut command = self.audit(&["verify", "--json"]);
        command.args(arguments).output().unwrap()
    }

    /// Writes the configuration; returns its path.
    pub fn write(&self) -> PathBuf {
        let name = format!("{}.toml", self.instance);
        self.sandbox.write(&name, &self.configuration(), 0o600)
    }

    /// The command that serves.
    pub fn command(&self) -> Command {
        let path = self.write();
        let mut command = self.sandbox.command(&["serve", "--config"]);
        command.arg(path).envs(self.environment.clone());
        let Some(program) = &self.program else {
            return command;
        };
        let mut other = Command::new(program);
        let variables = command.get_envs();
        let variables = variables.filter_map(|(name, value)| Some((name, value?)));
        other.args(command.get_args()).envs(variables);
        other
    }

    /// Starts the service and waits until it is ready.
    pub fn start(self) -> Service {
        let mut service = Service {
            child: self.command().stderr(Stdio::piped()).spawn().unwrap(),
            setup: self,
            log: Arc::default(),
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
    log: Arc<Mutex<String>>,
}

impl Service {
    fn keep_log(&mut self) {
        let lines = BufReader::new(self.child.stderr.take().unwrap()).lines();
        let log = Arc::clone(&self.log);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                *log.lock().unwrap() += &(line + "\n");
            }
        });
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Its process id.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits for its end; returns the exit code.
    pub fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again on the same files, once it has ended.
    pub fn start_again(&mut self) {
        self.child = self.setup.command().stderr(Stdio::piped()).spawn().unwrap();
        self.keep_log();
        self.wait_until_ready();
    }

    /// Waits until it says that it signs and records, for as long as a loaded machine may take.
    pub fn wait_until_ready(&mut self) {
        let socket = self.setup.socket();
        eventually("the service is ready", || {
            if let Some(status) = self.child.try_wait().unwrap() {
                panic!("the service ended ({status}): {}", self.log());
            }
            let ready = Wire::unix(&socket).map(|wire| wire.get("/readyz"));
            matches!(ready, Ok(Reply { status: 200, .. }))
        });
    }

    /// A connection to its Unix socket.
    pub fn wire(&self) -> Wire {
        Wire::unix(&self.setup.socket()).unwrap()
    }

    /// A client over its Unix socket that asks once.
    pub fn client(&self) -> SignerClient {
        client(&self.setup.socket())
    }

    /// Asks once, over its Unix socket.
    pub fn propose(&self, removals: Vec<RemovalItem>) -> Result<Vec<RemovalResult>, ClientError> {
        propose(&self.setup.socket(), removals)
    }

    /// Asks over its Unix socket as a client does that tries again for 30 seconds.
    pub fn propose_patiently(
        &self,
        removals: Vec<RemovalItem>,
    ) -> Result<Vec<RemovalResult>, ClientError> {
        let client = SignerClient::new(Endpoint::unix(self.setup.socket()))?;
        let request = RemovalsRequest {
            removals,
            ..RemovalsRequest::default()
        };
        let response = runtime().block_on(client.propose_removals(request));
        response.map(|response| response.results)
    }

    /// What it has counted: the value of the metric with these labels.
    pub fn counted(&self, metric: &str) -> u64 {
        let metrics = self.metrics();
        let value = metrics.lines().find_map(|line| line.strip_prefix(metric));
        let value = value.and_then(|value| value.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no {metric} in\n{metrics}"))
    }

    /// The same of all series of the metric together.
    pub fn summed(&self, metric: &str) -> u64 {
        let metrics = self.metrics();
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(metric));
        let values = lines.filter_map(|line| line.rsplit_once(' '));
        values.map(|(_, value)| value.parse::<u64>().unwrap()).sum()
    }

    /// What it shows Prometheus.
    pub fn metrics(&self) -> String {
        String::from_utf8(self.wire().get("/metrics").body).unwrap()
    }

    /// The processes that it has started: those that hold modules.
    pub fn children(&self) -> Vec<Pid> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let children = threads.flatten().filter_map(|thread| {
            // A thread that has ended has none.
            std::fs::read_to_string(thread.path().join("children")).ok()
        });
        let children: Vec<String> = children.collect();
        let children = children.iter().flat_map(|line| line.split_whitespace());
        children
            .filter_map(|process| Pid::from_raw(process.parse().ok()?))
            .collect()
    }

    /// Checks the audit log, which must be sound; returns what is said of it.
    pub fn verify_audit(&self) -> Value {
        let output = self.setup.audit_verify(&[]);
        serde_json::from_str(&succeeded(&output)).unwrap()
    }
}

/// Waits until `holds`, which is said to be `what`, for as long as a loaded machine may take.
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < until, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A client over a Unix socket that asks once.
fn client(socket: &Path) -> SignerClient {
    let patience = Patience {
        total: PATIENCE,
        attempt: PATIENCE,
        ..Patience::default()
    };
    SignerClient::with_patience(Endpoint::unix(socket), patience).unwrap()
}

/// Asks once, over a Unix socket.
pub fn propose(
    socket: &Path,
    removals: Vec<RemovalItem>,
) -> Result<Vec<RemovalResult>, ClientError> {
    let request = RemovalsRequest {
        removals,
        ..RemovalsRequest::default()
    };
    let response: Result<(RemovalsResponse, _), _> =
        runtime().block_on(client(socket).propose_once(&request));
    response.map(|(response, _)| response.results)
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
        RemovalResult::Signed(signed) => from_base64(&signed.message).unwrap(),
        RemovalResult::Refused { problem } => panic!("refused: {problem:?}"),
    }
}
