//! Licences, sources, bans and duplicates, as `deny.toml` has them. Known vulnerabilities are in a
//! database that has to be fetched, and are not looked for.

use crate::command::{Command, cargo};
use crate::runner::{Failure, Runner};
use crate::workspace;

/// Checks them by cargo-deny, which is built for this first where it is missing.
pub fn run(runner: &Runner) -> Result<(), Failure> {
    let installed = Command::new("cargo-deny").words("--version");
    let program = match installed.prepared().output() {
        Ok(_) => "cargo-deny".into(),
        Err(_) => {
            let folder = workspace::target().join("cargo-deny");
            runner.run(&cargo("install", "--quiet cargo-deny@0.20.2").path("--root", &folder))?;
            folder.join("bin/cargo-deny")
        }
    };
    runner.run(&Command::new(program).words("--locked check bans licenses sources"))
}
