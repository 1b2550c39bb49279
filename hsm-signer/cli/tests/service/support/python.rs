//! Tools from the Python package index, in folders of their own.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::programs::program;

/// The folder of the programs of these packages, as lines of a requirements file, installed where Cargo
/// keeps what tests leave.
pub fn tools(name: &str, requirements: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let installed = folder.join("requirements.txt");
    let there = std::fs::read_to_string(&installed).unwrap_or_default();
    if there != requirements {
        let mut venv = program("python3", "python3");
        said(venv.args(["-m", "venv", "--clear"]).arg(&folder));
        let wanted = folder.join("wanted.txt");
        std::fs::write(&wanted, requirements).unwrap();
        let mut install = Command::new(folder.join("bin/pip"));
        install.args(["install", "--quiet", "--disable-pip-version-check", "-r"]);
        said(install.arg(&wanted));
        std::fs::rename(wanted, installed).unwrap();
    }
    folder.join("bin")
}

/// What a program prints; it must succeed.
pub fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{command:?}: {text}\n{error}");
    text
}
