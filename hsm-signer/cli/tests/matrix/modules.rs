//! The modules: where each is installed, and what it wants before it can be used.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

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
const SERVED: &str = "MATRIX_SERVED";

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
    /// Whether the command line and the service are to be used.
    pub served: bool,
}

impl Case {
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
            served: text(SERVED).is_some(),
        })
    }
}

/// A module that is ready for a child.
pub struct Prepared {
    name: &'static str,
    variables: Vec<(&'static str, String)>,
    /// Ended after the child, and before the directory goes.
    server: Option<Server>,
    _directory: tempfile::TempDir,
}

impl Prepared {
    fn new(name: &'static str, module: &Path, case: [&str; 3]) -> Self {
        let [setup, schemes, quirks] = case;
        let variables = [
            (MODULE, module.to_str().unwrap()),
            (SETUP, setup),
            (SCHEMES, schemes),
            (QUIRKS, quirks),
        ];
        Self {
            name,
            variables: variables.map(|(name, value)| (name, value.into())).into(),
            server: None,
            _directory: tempfile::tempdir().unwrap(),
        }
    }

    fn directory(&self) -> &Path {
        self._directory.path()
    }

    fn variable(&mut self, name: &'static str, value: impl Into<String>) {
        self.variables.push((name, value.into()));
    }

    /// The same for the command line and the service.
    pub fn served(mut self) -> Self {
        self.variable(SERVED, "yes");
        self
    }

    fn command(&self) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
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
        drop(self.server.take());
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
fn installed(paths: &[&str], advice: &str) -> Result<PathBuf, String> {
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
    let mut prepared = Prepared::new("p11-kit remoting to SoftHSM", &client, case);
    let configuration = softhsm_configuration(prepared.directory());
    new_softhsm_token(&configuration);
    let socket = prepared.directory().join("socket");
    let module = softhsm_module()?;
    prepared.server = Some(Server::start(&socket, &module, &configuration));
    prepared.variable(
        "P11_KIT_SERVER_ADDRESS",
        format!("unix:path={}", socket.display()),
    );
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

/// p11-kit's server, until it is dropped.
struct Server(Child);

impl Server {
    fn start(socket: &Path, module: &Path, configuration: &str) -> Self {
        let mut command = program("p11-kit", "p11-kit");
        command
            .args(["server", "--foreground", "--name"])
            .arg(socket)
            .arg("--provider")
            .arg(module)
            .arg("pkcs11:token=matrix")
            .env("SOFTHSM2_CONF", configuration)
            .stdout(Stdio::null());
        let mut server = Self(command.spawn().unwrap());
        while !socket.exists() {
            let ended = server.0.try_wait().unwrap();
            assert!(ended.is_none(), "p11-kit server ended: {ended:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        server
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
