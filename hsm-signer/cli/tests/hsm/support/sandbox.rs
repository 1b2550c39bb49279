//! A directory with a SoftHSM configuration of its own, for programs started by tests.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::softhsm::{PIN, module_path, write_configuration};

/// Everything that a run of the command line needs, gone at the end.
pub struct Sandbox {
    directory: tempfile::TempDir,
}

/// The label of the sandbox's token.
const LABEL: &str = "removal";

impl Sandbox {
    /// A sandbox without a token.
    pub fn empty() -> Self {
        let sandbox = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        write_configuration(&sandbox.path("softhsm2.conf"));
        sandbox.write("pin", PIN, 0o600);
        sandbox.write("so-pin", "31415926", 0o600);
        sandbox
    }

    /// A sandbox with a token, made by the command line.
    pub fn new() -> Self {
        let sandbox = Self::empty();
        succeeded(&sandbox.init(LABEL));
        sandbox
    }

    /// Runs `token init`.
    pub fn init(&self, label: &str) -> Output {
        self.init_through(module_path(), label)
    }

    /// Runs `token init` through `module`.
    pub fn init_through(&self, module: &Path, label: &str) -> Output {
        let mut command = self.command(&["token", "init"]);
        command.arg("--module").arg(module);
        command.args(["--label", label]);
        command.arg("--so-pin-file").arg(self.path("so-pin"));
        command.arg("--pin-file").arg(self.path("pin"));
        command.output().unwrap()
    }

    /// A path in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file with the given permissions.
    pub fn write(&self, name: &str, content: &str, mode: u32) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    /// A run of the command line, with the sandbox's tokens.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mls-hsm-signer"));
        command
            .env("SOFTHSM2_CONF", self.path("softhsm2.conf"))
            .args(arguments);
        command
    }

    /// A run that logs in to the sandbox's token, through `module`.
    pub fn command_through(&self, module: &Path, arguments: &[&str]) -> Command {
        let mut command = self.command(arguments);
        command
            .arg("--module")
            .arg(module)
            .args(["--token-label", LABEL]);
        command.arg("--pin-file").arg(self.path("pin"));
        command
    }

    /// Runs a command that logs in, and returns what it printed and its exit code.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command_through(module_path(), arguments)
            .output()
            .unwrap()
    }

    /// Runs a command that must succeed; returns its standard output.
    pub fn succeed(&self, arguments: &[&str]) -> String {
        succeeded(&self.run(arguments))
    }

    /// Runs a command that must fail with exit code 1; returns its standard error.
    pub fn fail(&self, arguments: &[&str]) -> String {
        failed(&self.run(arguments))
    }

    /// Runs a command whose arguments are wrong: exit code 2; returns its standard error.
    pub fn misuse(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }
}

/// Asserts success; returns standard output.
pub fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Asserts exit code 1 and silence on standard output; returns standard error.
pub fn failed(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}
