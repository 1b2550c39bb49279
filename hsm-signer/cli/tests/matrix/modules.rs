//! The modules: where each is installed, and what it wants before it can be used.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use mls_hsm_signer::token::SOFTHSM_PATHS;
use mls_hsm_signer::{SCHEMES as ROWS, Scheme};

use crate::programs::program;

/// kryoptic wants eight characters.
pub const PIN: &str = "27182818";
pub const OFFICER_PIN: &str = "31415926";

const ECDSA: &str = "ecdsa_secp256r1_sha256,ecdsa_secp384r1_sha384,ecdsa_secp521r1_sha512";

/// The schemes with a name that `has` does not refuse.
fn schemes(has: impl Fn(&str) -> bool) -> String {
    let names: Vec<_> = ROWS.iter().map(|scheme| scheme.name).collect();
    let names: Vec<_> = names.into_iter().filter(|name| has(name)).collect();
    names.join(",")
}

/// What a child is told, by variables of these names.
const MODULE: &str = "MATRIX_MODULE";
const PARAMETERS: &str = "MATRIX_PARAMETERS";
const SETUP: &str = "MATRIX_SETUP";
const SCHEMES: &str = "MATRIX_SCHEMES";
const QUIRKS: &str = "MATRIX_QUIRKS";
const NAME: &str = "MATRIX_NAME";
const WORK: &str = "MATRIX_WORK";
const OFFICER: &str = "MATRIX_OFFICER_PIN";
const DAEMON: &str = "MATRIX_DAEMON";
const DAEMON_READY: &str = "MATRIX_DAEMON_READY";
const AFTER_INIT: &str = "MATRIX_AFTER_INIT";
const SESSIONS: &str = "MATRIX_SESSIONS";
const WRONG_PINS: &str = "MATRIX_WRONG_PINS";

/// How the token comes to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setup {
    /// By C_InitToken and C_InitPIN.
    Initialise,
    /// NSS makes its database itself; the PIN is set with an empty one.
    SetPin,
    /// It is there.
    Exists,
}

/// What a child is to check.
pub struct Case {
    pub module: PathBuf,
    pub parameters: Option<String>,
    pub setup: Setup,
    pub schemes: Vec<String>,
    /// The row of quirks that holds.
    pub quirks: String,
    /// The module's name in the table.
    pub name: String,
    pub work: Work,
    pub officer_pin: String,
    /// The shell's lines that start the module's daemon, and that tell whether it is ready.
    pub daemon: Option<(String, String)>,
    /// A line for the shell, between `token init` and all else.
    pub after_init: Option<String>,
    /// How many sessions the service is given.
    pub sessions: usize,
    /// Whether wrong PINs are tried.
    pub wrong_pins: bool,
}

/// What is done with a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// The library's functions, one by one.
    Checks,
    /// All that an operator does.
    Drill,
    /// The command line and the service, with every scheme.
    Serving,
}

impl Case {
    /// The token's label; NSS names its own.
    pub fn label(&self) -> &str {
        match self.setup {
            Setup::SetPin => "NSS Certificate DB",
            Setup::Initialise | Setup::Exists => "matrix",
        }
    }

    /// Whether the module has the scheme.
    pub fn has(&self, scheme: &Scheme) -> bool {
        self.schemes.iter().any(|name| name == scheme.name)
    }

    pub fn from_environment() -> Option<Self> {
        let text = |name| std::env::var(name).ok();
        let setup = match text(SETUP)?.as_str() {
            "initialise" => Setup::Initialise,
            "set-pin" => Setup::SetPin,
            _ => Setup::Exists,
        };
        Some(Self {
            module: text(MODULE)?.into(),
            parameters: text(PARAMETERS),
            setup,
            schemes: text(SCHEMES)?.split(',').map(str::to_owned).collect(),
            quirks: text(QUIRKS)?,
            name: text(NAME)?,
            work: match text(WORK).as_deref() {
                Some("drill") => Work::Drill,
                Some("serving") => Work::Serving,
                _ => Work::Checks,
            },
            officer_pin: text(OFFICER).unwrap_or_else(|| OFFICER_PIN.into()),
            daemon: text(DAEMON).zip(text(DAEMON_READY)),
            after_init: text(AFTER_INIT),
            sessions: text(SESSIONS).map_or(4, |sessions| sessions.parse().unwrap()),
            wrong_pins: text(WRONG_PINS).is_none_or(|tried| tried == "yes"),
        })
    }
}

/// A module that is ready for a child.
pub struct Prepared {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    /// What runs the child, such as `unshare`.
    runner: Option<Command>,
    /// Ended after the child, and before the directory goes.
    servers: Vec<Server>,
    _directory: tempfile::TempDir,
}

impl Prepared {
    pub fn new(name: &'static str, module: &Path, case: [&str; 3]) -> Self {
        let [setup, schemes, quirks] = case;
        let variables = [
            (MODULE, module.to_str().unwrap()),
            (SETUP, setup),
            (SCHEMES, schemes),
            (QUIRKS, quirks),
            (NAME, name),
        ];
        Self {
            name,
            variables: variables.map(|(name, value)| (name, value.into())).into(),
            runner: None,
            servers: Vec::new(),
            _directory: tempfile::tempdir().unwrap(),
        }
    }

    pub fn directory(&self) -> &Path {
        self._directory.path()
    }

    pub fn variable(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.push((name, value.into()));
    }

    /// The module's daemon: the shell's lines that start it, in the foreground, and that tell
    /// whether it is ready.
    pub fn daemon(&mut self, start: &str, is_ready: &str) {
        self.variable(DAEMON, start);
        self.variable(DAEMON_READY, is_ready);
    }

    /// A line for the shell, between `token init` and all else.
    pub fn after_init(&mut self, line: &str) {
        self.variable(AFTER_INIT, line);
    }

    pub fn officer_pin(&mut self, pin: &str) {
        self.variable(OFFICER, pin);
    }

    /// Of a module that locks its token for good, or for other programs too.
    pub fn tries_no_wrong_pins(&mut self) {
        self.variable(WRONG_PINS, "no");
    }

    pub fn sessions(&mut self, sessions: usize) {
        self.variable(SESSIONS, sessions.to_string());
    }

    /// What runs the child.
    pub fn runner(&mut self, runner: Command) {
        self.runner = Some(runner);
    }

    /// A program that runs until the child has ended.
    pub fn server(&mut self, server: Command) {
        self.servers.push(Server::start(server));
    }

    /// The same for the command line and the service.
    pub fn served(mut self) -> Self {
        self.variable(WORK, "serving");
        self
    }

    /// The same for all that an operator does.
    pub fn drilled(mut self) -> Self {
        self.variable(WORK, "drill");
        self
    }

    fn command(&mut self) -> Command {
        let program = std::env::current_exe().unwrap();
        let mut command = match self.runner.take() {
            None => Command::new(program),
            Some(mut runner) => {
                runner.arg(program);
                runner
            }
        };
        command
            .args(["--exact", "in_a_child_process", "--nocapture"])
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs the child, and shows what it said.
    pub fn run(mut self) {
        let output = self.command().output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        println!("{}:\n{said}", self.name);
        self.servers.clear();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{}: {}\n{errors}",
            self.name,
            output.status
        );
        assert!(said.contains("every check was made"), "{}", self.name);
    }
}

/// The first of `paths` that is there.
pub fn installed(paths: &[&str], advice: &str) -> Result<PathBuf, String> {
    let found = paths.iter().map(PathBuf::from).find(|path| path.exists());
    found.ok_or_else(|| advice.to_owned())
}

fn softhsm_module() -> Result<PathBuf, String> {
    installed(SOFTHSM_PATHS, "SoftHSM (apt-get install softhsm2)")
}

fn softhsm_configuration(directory: &Path) -> String {
    let tokens = directory.join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let path = directory.join("softhsm2.conf");
    let tokens = tokens.display();
    let content = format!("directories.tokendir = {tokens}\nobjectstore.backend = file\n");
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

pub fn softhsm() -> Result<Prepared, String> {
    let all = schemes(|name| !name.starts_with("mldsa"));
    let case = ["initialise", &all, "SoftHSM 2"];
    let mut prepared = Prepared::new("SoftHSM", &softhsm_module()?, case);
    let configuration = softhsm_configuration(prepared.directory());
    prepared.variable("SOFTHSM2_CONF", configuration);
    Ok(prepared)
}

pub fn nss_softokn() -> Result<Prepared, String> {
    let paths = [
        "/usr/lib/x86_64-linux-gnu/libsoftokn3.so",
        "/usr/lib/aarch64-linux-gnu/libsoftokn3.so",
        "/usr/lib64/libsoftokn3.so",
        "/usr/lib/libsoftokn3.so",
    ];
    let module = installed(&paths, "NSS softokn (apt-get install libnss3)")?;
    let mut prepared = Prepared::new("NSS softokn", &module, ["set-pin", ECDSA, "NSS softokn 3"]);
    let directory = prepared.directory().display();
    let parameters =
        format!("configdir='sql:{directory}' certPrefix='' keyPrefix='' secmod='' flags=");
    prepared.variable(PARAMETERS, parameters);
    Ok(prepared)
}

pub fn p11_kit_to_softhsm() -> Result<Prepared, String> {
    let paths = [
        "/usr/lib/x86_64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib/aarch64-linux-gnu/pkcs11/p11-kit-client.so",
        "/usr/lib64/pkcs11/p11-kit-client.so",
        "/usr/lib/pkcs11/p11-kit-client.so",
    ];
    let advice = "p11-kit remoting (apt-get install p11-kit p11-kit-modules)";
    let client = installed(&paths, advice)?;
    // Its tokens have SoftHSM's identity, and so its row.
    let case = ["exists", ECDSA, "SoftHSM 2"];
    let mut prepared = Prepared::new("p11-kit to SoftHSM", &client, case);
    let configuration = softhsm_configuration(prepared.directory());
    new_softhsm_token(&configuration);
    let socket = prepared.directory().join("socket").display().to_string();
    let module = softhsm_module()?.display().to_string();
    let start = format!(
        "rm -f {socket}; exec p11-kit server --foreground --name {socket} --provider {module} \
         pkcs11:token=matrix >/dev/null"
    );
    program("p11-kit", "p11-kit");
    prepared.daemon(&start, &format!("test -S {socket}"));
    prepared.variable("SOFTHSM2_CONF", configuration);
    prepared.variable("P11_KIT_SERVER_ADDRESS", format!("unix:path={socket}"));
    Ok(prepared)
}

fn new_softhsm_token(configuration: &str) {
    let mut command = program("softhsm2-util", "softhsm2");
    command
        .args(["--init-token", "--free", "--label", "matrix"])
        .args(["--pin", PIN, "--so-pin", OFFICER_PIN])
        .env("SOFTHSM2_CONF", configuration);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// A program, until it is dropped.
struct Server(Child);

impl Server {
    fn start(mut command: Command) -> Self {
        Self(command.spawn().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Built by `cargo xtask test matrix`, which says where.
pub fn kryoptic() -> Result<Prepared, String> {
    let advice = "kryoptic (cargo xtask test matrix builds it)";
    let path = std::env::var("MLS_TEST_KRYOPTIC").map_err(|_| advice.to_owned())?;
    let module = installed(&[&path], advice)?;
    let mut prepared = Prepared::new(
        "kryoptic",
        &module,
        ["initialise", &schemes(|_| true), "kryoptic 1"],
    );
    let directory = prepared.directory().to_owned();
    let database = directory.join("token.sql");
    let database = database.display();
    let slot = format!("[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = \"{database}\"\n");
    let path = directory.join("kryoptic.conf");
    std::fs::write(&path, slot).unwrap();
    prepared.variable("KRYOPTIC_CONF", path.display().to_string());
    Ok(prepared)
}
