//! Programs that tests cannot do without.

use std::process::Command;

/// A program of the Debian package named. Without it the test fails, and says what to install.
pub fn program(name: &str, package: &str) -> Command {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    assert!(
        is_there,
        "{name} is not installed (apt-get install {package})"
    );
    Command::new(name)
}

/// OpenSSL's command line.
#[allow(dead_code, reason = "not every test asks it")]
pub fn openssl() -> Command {
    program("openssl", "openssl")
}
