//! What an operator looks at: a check, what a program says, the mark of a refused PIN.

use std::path::PathBuf;
use std::process::Output;

use super::service::Setup;

/// The exit code of a program whose token refused the PIN.
pub const PIN_REFUSED: Option<i32> = Some(4);

/// What a program says beside its result.
pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What a check says of a configuration: its exit code, and what it prints.
pub fn checked(setup: &Setup, configuration: &str) -> (Option<i32>, String) {
    let path = setup.sandbox.write("checked.toml", configuration, 0o600);
    let path = path.display().to_string();
    let arguments = ["serve", "--check", "--config", &path];
    let output = setup.sandbox.command(&arguments).output().unwrap();
    let said = String::from_utf8(output.stdout.clone()).unwrap() + &stderr(&output);
    (output.status.code(), said)
}

/// The file that says that a PIN was refused.
pub fn marker(setup: &Setup) -> Option<PathBuf> {
    let files = std::fs::read_dir(setup.sandbox.path("store")).unwrap();
    let mut paths = files.map(|file| file.unwrap().path());
    paths.find(|path| {
        let name = path.file_name().unwrap_or_default();
        name.to_string_lossy().starts_with("pin-refused-")
    })
}
