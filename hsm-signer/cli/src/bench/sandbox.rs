//! A SoftHSM token of the bench's own, in a directory that is gone at the end.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::token::SOFTHSM_PATHS;
use mls_hsm_signer::{Error, Pin, TokenSelector};
use openmls_hw_crypto::HwCrypto;
use openmls_traits::random::OpenMlsRand;

use crate::voice::Failure;

/// The token's label.
const LABEL: &str = "bench";

/// What the fault module does to each signature.
const DELAY: &str = "C_Sign delay 5000";

pub struct Sandbox {
    directory: PathBuf,
    /// Whether the directory is deleted at the end.
    ours: bool,
}

impl Sandbox {
    /// A sandbox that exists.
    pub fn at(directory: &Path) -> Self {
        Self {
            directory: directory.into(),
            ours: false,
        }
    }

    /// A new one, with a token that has a key of each scheme.
    pub fn make(softhsm: Option<&Path>) -> Result<Self, Failure> {
        let name = format!("mls-hsm-signer-bench-{}", random()?);
        let sandbox = Self {
            directory: std::env::temp_dir().join(name),
            ours: true,
        };
        sandbox.fill().map_err(|error| {
            let directory = sandbox.directory.display();
            Failure::Message(format!("cannot write to {directory}: {error}"))
        })?;
        let module = sandbox.softhsm(softhsm)?;
        let (officer, user) = (sandbox.directory.join("so-pin"), sandbox.pin_file());
        sandbox.succeed(|command| {
            command.args(["token", "init", "--label", LABEL, "--module"]);
            command.arg(&module);
            command.arg("--so-pin-file").arg(&officer);
            command.arg("--pin-file").arg(&user);
        })?;
        sandbox.succeed(|command| {
            command.args(["keys", "generate", "--token-label", LABEL, "--module"]);
            command.arg(&module).arg("--pin-file").arg(&user);
        })?;
        Ok(sandbox)
    }

    fn fill(&self) -> std::io::Result<()> {
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700).create(&self.directory)?;
        let tokens = self.directory.join("tokens");
        std::fs::create_dir(&tokens)?;
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            tokens.display()
        );
        self.write("softhsm2.conf", &configuration)?;
        for name in ["so-pin", "pin"] {
            let pin = random().map_err(|_| std::io::Error::other("no random numbers"))?;
            self.write(name, &pin)?;
        }
        Ok(())
    }

    fn write(&self, name: &str, content: &str) -> std::io::Result<()> {
        self.write_secret(&self.directory.join(name), content)
            .map(drop)
    }

    /// A path in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// Writes a file that only this user can read.
    pub fn write_secret(&self, path: &Path, content: &str) -> std::io::Result<PathBuf> {
        let mut options = std::fs::OpenOptions::new();
        let options = options.write(true).create_new(true).mode(0o600);
        options.open(path)?.write_all(content.as_bytes())?;
        Ok(path.into())
    }

    /// The token's label.
    pub fn label(&self) -> &'static str {
        LABEL
    }

    /// The file with the user's PIN.
    pub fn pin_file(&self) -> PathBuf {
        self.directory.join("pin")
    }

    /// The user's PIN.
    pub fn pin(&self) -> Result<Pin, Error> {
        Ok(Pin::from_file(&self.pin_file())?)
    }

    /// The token.
    pub fn selector(&self) -> TokenSelector {
        TokenSelector::Label(LABEL.into())
    }

    /// SoftHSM's module.
    pub fn softhsm(&self, given: Option<&Path>) -> Result<PathBuf, Failure> {
        let mut usual = SOFTHSM_PATHS.iter().map(Path::new);
        let found = given.or_else(|| usual.find(|path| path.exists()));
        found.map(Path::to_path_buf).ok_or_else(|| {
            Failure::Message("SoftHSM is not installed; on Debian: apt-get install softhsm2".into())
        })
    }

    /// A module that takes five milliseconds longer for each signature, if the library that
    /// delays is there.
    pub fn delayed(
        &self,
        softhsm: &Path,
        library: Option<&Path>,
    ) -> Result<Option<PathBuf>, Failure> {
        let program = std::env::current_exe().map_err(unwritable)?;
        let beside = program.with_file_name("libmls_fault_module.so");
        let library = library.unwrap_or(&beside);
        if !library.exists() {
            return Ok(None);
        }
        let directory = self.directory.join("delayed");
        let module = directory.join("libfault.so");
        let control = format!("module {}\ncounters .\n{DELAY}\n", softhsm.display());
        std::fs::create_dir_all(&directory)
            .and_then(|()| std::fs::copy(library, &module))
            .and_then(|_| std::fs::write(directory.join("control"), control))
            .map_err(unwritable)?;
        Ok(Some(module))
    }

    /// Runs this program again with its own arguments, inside.
    pub fn run_self_inside(&self) -> Result<ExitCode, Failure> {
        let mut command = self.command()?;
        command.args(std::env::args_os().skip(1));
        command.arg("--inside").arg(&self.directory);
        let status = command.status().map_err(unwritable)?;
        Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn succeed(&self, arguments: impl FnOnce(&mut Command)) -> Result<(), Failure> {
        let mut command = self.command()?;
        arguments(&mut command);
        let status = command.stdout(Stdio::null()).status().map_err(unwritable)?;
        if status.success() {
            Ok(())
        } else {
            Err(Failure::Message("the bench's token was not made".into()))
        }
    }

    /// This program, with the sandbox's tokens.
    pub fn command(&self) -> Result<Command, Failure> {
        let program = std::env::current_exe().map_err(unwritable)?;
        let mut command = Command::new(program);
        command.env("SOFTHSM2_CONF", self.directory.join("softhsm2.conf"));
        Ok(command)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        if self.ours
            && let Err(error) = std::fs::remove_dir_all(&self.directory)
        {
            tracing::warn!(%error, directory = %self.directory.display(), "not deleted");
        }
    }
}

fn random() -> Result<String, Error> {
    let bytes: [u8; 8] = HwCrypto::default()
        .random_array()
        .map_err(|_| Error::Random)?;
    Ok(hex(&bytes))
}

fn unwritable(error: std::io::Error) -> Failure {
    Failure::Message(format!("the bench cannot be set up: {error}"))
}
