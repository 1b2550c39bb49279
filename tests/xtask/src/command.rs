//! One command, put together like a line of a shell.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process;

use crate::workspace;

/// A program, its arguments and what is special about its surroundings.
#[derive(Debug)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    folder: Option<PathBuf>,
    /// Where its standard output goes, if not to ours.
    pub output: Option<PathBuf>,
}

/// The Cargo that runs this.
fn this_cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Cargo, with words as in a shell. It never changes a lock file.
pub fn cargo(subcommand: &str, words: &str) -> Command {
    Command::new(this_cargo())
        .words(subcommand)
        .words("--locked")
        .words(words)
}

/// Cargo's formatter, which knows of no lock file.
pub fn cargo_fmt(words: &str) -> Command {
    Command::new(this_cargo()).words("fmt").words(words)
}

/// A script of the repository.
pub fn script(path: &str) -> Command {
    Command::new(workspace::root().join(path))
}

impl Command {
    /// A program without arguments.
    pub fn new(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            variables: Vec::new(),
            folder: None,
            output: None,
        }
    }

    /// Arguments without spaces, separated by spaces.
    pub fn words(mut self, words: &str) -> Self {
        let words = words.split_whitespace().map(OsString::from);
        self.arguments.extend(words);
        self
    }

    /// One argument, whatever is in it.
    pub fn argument(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// An option and the path that it is given.
    pub fn path(self, option: &str, path: &Path) -> Self {
        self.argument(option).argument(path)
    }

    /// Cargo's selection of crates.
    pub fn packages(self, packages: &[&str]) -> Self {
        packages.iter().fold(self, |command, package| {
            command.argument("--package").argument(*package)
        })
    }

    /// The manifest of another workspace.
    pub fn manifest(self, folder: &str) -> Self {
        self.path("--manifest-path", &Path::new(folder).join("Cargo.toml"))
    }

    /// The manifest of another workspace, and where that is built.
    pub fn workspace(self, folder: &str, target: &Path) -> Self {
        self.manifest(folder).path("--target-dir", target)
    }

    /// A variable of its environment.
    pub fn variable(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// A folder of the repository to run in, instead of its root.
    pub fn folder(mut self, folder: &str) -> Self {
        self.folder = Some(workspace::root().join(folder));
        self
    }

    /// A file for its standard output.
    pub fn output_to(mut self, file: PathBuf) -> Self {
        self.output = Some(file);
        self
    }

    /// What the operating system is asked for.
    pub fn prepared(&self) -> process::Command {
        let mut command = process::Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(self.folder.as_deref().unwrap_or(workspace::root()));
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(is_of_this_run) {
                command.env_remove(name);
            }
        }
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.envs(variables);
        command
    }
}

/// Whether `cargo run` has set the variable, for this program and no other: another Cargo would pass
/// them on.
fn is_of_this_run(name: &str) -> bool {
    const NAMES: [&str; 3] = ["CARGO", "CARGO_BIN_NAME", "CARGO_CRATE_NAME"];
    const BEGINNINGS: [&str; 2] = ["CARGO_MANIFEST_", "CARGO_PKG_"];
    NAMES.contains(&name)
        || BEGINNINGS
            .iter()
            .any(|beginning| name.starts_with(beginning))
}

/// As it would be typed.
impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Vec::new();
        for (name, value) in &self.variables {
            words.push(format!("{name}={}", quoted(&value.to_string_lossy())));
        }
        let is_cargo = self.program == this_cargo();
        let program = self.program.to_string_lossy();
        words.push(if is_cargo {
            "cargo".into()
        } else {
            quoted(&program)
        });
        let arguments = self.arguments.iter();
        words.extend(arguments.map(|argument| quoted(&argument.to_string_lossy())));
        if let Some(file) = &self.output {
            words.push(format!("> {}", quoted(&file.to_string_lossy())));
        }
        out.write_str(&words.join(" "))
    }
}

/// A word in quotes, where a shell wants them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,=:+@".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
