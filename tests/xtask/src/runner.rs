//! Carries out what tasks say, or prints it.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{ExitStatus, Stdio};

use crate::command::{Command, script};
use crate::task::Task;

/// Why a task ended early.
#[derive(Debug)]
pub enum Failure {
    /// A command could not be run.
    NotRun(String, io::Error),
    /// A command failed.
    Failed(String, ExitStatus),
    /// Something that a command has left is not what was expected.
    Unexpected(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotRun(command, error) => write!(out, "{command}: {error}"),
            Self::Failed(command, status) => write!(out, "{command}: {status}"),
            Self::Unexpected(what) => out.write_str(what),
        }
    }
}

/// Runs commands in the root of the repository, each said on standard error before.
pub struct Runner {
    dry_run: bool,
}

impl Runner {
    /// A runner; with `dry_run` it prints on standard output what it would run.
    pub fn new(dry_run: bool) -> Self {
        Self { dry_run }
    }

    /// Installs what a task needs, and runs its commands.
    ///
    /// # Errors
    /// Those of [`Runner::run`].
    pub fn carry_out(&self, task: Task) -> Result<(), Failure> {
        self.install(task.purpose.packages())?;
        task.commands
            .into_iter()
            .try_for_each(|command| self.run(&command))
    }

    /// Installs packages that are missing.
    ///
    /// # Errors
    /// Those of [`Runner::run`].
    pub fn install(&self, packages: &[&[&str]]) -> Result<(), Failure> {
        let mut packages: Vec<_> = packages.concat();
        packages.sort_unstable();
        packages.dedup();
        let install = script(".ci/install-packages").words(&packages.join(" "));
        match self.dry_run {
            true => self.run(&install),
            false => self.run_silently(&install),
        }
    }

    /// Says a command, and runs it.
    ///
    /// # Errors
    /// When it cannot be run, or fails.
    pub fn run(&self, command: &Command) -> Result<(), Failure> {
        if self.dry_run {
            // Nobody listens: nothing to be said.
            let _ = writeln!(io::stdout(), "{command}");
            return Ok(());
        }
        eprintln!("{command}");
        self.run_silently(command)
    }

    /// Runs a command that says enough by itself.
    ///
    /// # Errors
    /// When it cannot be run, or fails.
    pub fn run_silently(&self, command: &Command) -> Result<(), Failure> {
        if self.dry_run {
            return self.run(command);
        }
        let not_run = |error| Failure::NotRun(command.to_string(), error);
        let mut prepared = command.prepared();
        if let Some(file) = &command.output {
            prepared.stdout(File::create(file).map_err(not_run)?);
        }
        let status = prepared.status().map_err(not_run)?;
        match status.success() {
            true => Ok(()),
            false => Err(Failure::Failed(command.to_string(), status)),
        }
    }

    /// Sets what one command prints apart from what another does.
    pub fn blank_line(&self) {
        let _ = writeln!(io::stdout());
    }

    /// Puts a command in the place of this process: it gets the signals, and its end is ours.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn become_it(&self, command: &Command) -> Result<(), Failure> {
        if self.dry_run {
            return self.run(command);
        }
        eprintln!("{command}");
        let error = command.prepared().exec();
        Err(Failure::NotRun(command.to_string(), error))
    }

    /// What a command prints, without the white space around it; nothing in a dry run.
    ///
    /// # Errors
    /// When it cannot be run, fails, or prints what is no UTF-8.
    pub fn printed_by(&self, command: &Command) -> Result<String, Failure> {
        if self.dry_run {
            self.run(command)?;
            return Ok(String::new());
        }
        let mut prepared = command.prepared();
        let output = prepared.stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| Failure::NotRun(command.to_string(), error))?;
        if !output.status.success() {
            return Err(Failure::Failed(command.to_string(), output.status));
        }
        let printed = String::from_utf8(output.stdout);
        let printed = printed.map_err(|_| Failure::Unexpected(format!("{command}: no UTF-8")))?;
        Ok(printed.trim().to_owned())
    }
}
