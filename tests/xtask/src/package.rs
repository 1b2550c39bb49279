//! The crates as a registry would get them.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::NOT_PUBLISHED;
use crate::task::Task;
use crate::workspace;

/// Packs every crate that is published; with `build` each is built from its package alone.
pub fn task(build: bool) -> Task {
    Task {
        purpose: Purpose::Run,
        commands: vec![command(build)],
    }
}

/// Beside what Cargo builds: packing holds the lock of its folder.
pub fn command(build: bool) -> Command {
    let folder = workspace::target().join("packages");
    let package = cargo("package", "--workspace --allow-dirty --quiet");
    let package = package.path("--target-dir", &folder);
    let package = NOT_PUBLISHED.iter().fold(package, |package, name| {
        package.argument("--exclude").argument(name)
    });
    match build {
        true => package,
        false => package.argument("--no-verify"),
    }
}
