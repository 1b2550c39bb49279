//! A SoftHSM token of the benchmark's own, in a directory that is gone at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use clap::ValueEnum;
use mls_fault_module::{Faults, library};
use mls_hsm_signer::isolation::ModuleSetup;
use mls_hsm_signer::token::{SOFTHSM_PATHS, SessionLimits, initialise};
use mls_hsm_signer::{KeySpec, Pin, Pkcs11Token, Scheme, Token, TokenSelector, keys};

use crate::Failure;
use crate::verification::PublicKey;

/// The token's label.
pub const LABEL: &str = "bench";

/// Its user's PIN, and its officer's. The token is made for one run.
pub const PIN: &str = "271828";

/// The module that is measured.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub enum Module {
    /// SoftHSM as it is
    Softhsm,
    /// SoftHSM behind a module that takes 5 ms longer for each signature
    #[value(name = "delay-5ms")]
    Delayed,
}

impl Module {
    pub fn name(self) -> &'static str {
        match self {
            Self::Softhsm => "softhsm",
            Self::Delayed => "delay-5ms",
        }
    }
}

pub struct Sandbox {
    directory: PathBuf,
    softhsm: &'static Path,
    public_keys: Vec<PublicKey>,
}

/// Runs this program again with its own arguments, and SoftHSM's tokens in a new directory.
pub fn run_this_program_inside() -> Result<ExitCode, Failure> {
    let directory = tempfile::Builder::new()
        .prefix("mls-signer-bench-")
        .tempdir()?;
    let tokens = directory.path().join("tokens");
    fs::create_dir(&tokens)?;
    let file = directory.path().join("softhsm2.conf");
    let tokens = tokens.display();
    fs::write(
        &file,
        format!("directories.tokendir = {tokens}\nlog.level = ERROR\n"),
    )?;
    let status = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .arg("--sandbox")
        .arg(directory.path())
        .env("SOFTHSM2_CONF", file)
        .status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Sandbox {
    /// Makes a token with a key of each scheme.
    pub fn set_up(directory: &Path) -> Result<Self, Failure> {
        let softhsm = SOFTHSM_PATHS
            .iter()
            .map(Path::new)
            .find(|path| path.exists());
        let mut sandbox = Self {
            directory: directory.into(),
            softhsm: softhsm.ok_or("SoftHSM is not installed: apt-get install softhsm2")?,
            public_keys: Vec::new(),
        };
        let module = mls_hsm_signer::Module::load(sandbox.softhsm)?;
        let pin = sandbox.pin()?;
        initialise(&module, LABEL, &pin, &pin)?;
        let token = Pkcs11Token::open(&module, &TokenSelector::Label(LABEL.into()), &pin)?;
        let token: Arc<dyn Token> = Arc::new(token);
        for scheme in Scheme::all_of_wire() {
            let spec = KeySpec::with_random_id(scheme, &scheme.default_label())?;
            let key = keys::generate(&token, &spec)?;
            let key = PublicKey::new(scheme, key.public_key())?;
            sandbox.public_keys.push(key);
        }
        Ok(sandbox)
    }

    /// The module in a file of its own, so that a process that has loaded it loads it once more.
    pub fn module(&self, module: Module, whose: &str) -> Result<PathBuf, Failure> {
        let directory = self.new_directory(&format!("{whose}-{}", module.name()))?;
        let softhsm = directory.join("libsofthsm2.so");
        fs::copy(self.softhsm, &softhsm)?;
        if module == Module::Softhsm {
            return Ok(softhsm);
        }
        let delayed = Faults::install(&library()?, &directory, &softhsm)?;
        delayed.set(&["C_Sign delay 5000"])?;
        Ok(delayed.module())
    }

    pub fn new_directory(&self, name: &str) -> Result<PathBuf, Failure> {
        let path = self.directory.join(name);
        fs::create_dir(&path)?;
        Ok(path)
    }

    pub fn pin(&self) -> Result<Pin, Failure> {
        Ok(Pin::new(PIN)?)
    }

    /// How the engine reaches the token.
    pub fn setup(&self, module: &Path, sessions: usize) -> ModuleSetup {
        ModuleSetup {
            limits: SessionLimits {
                sessions,
                ..SessionLimits::default()
            },
            ..ModuleSetup::new(module, TokenSelector::Label(LABEL.into()))
        }
    }

    /// The public key of a scheme.
    pub fn key(&self, scheme: &Scheme) -> Result<&PublicKey, Failure> {
        let mut keys = self.public_keys.iter();
        let found = keys.find(|key| key.scheme.name == scheme.name);
        found.ok_or_else(|| "the token has no such key".into())
    }
}
