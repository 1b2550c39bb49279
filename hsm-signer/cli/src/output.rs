//! Everything the command line says: results on standard output, failures on standard error,
//! both as JSON where a program reads. Nothing that a token, a file or a service wrote is shown as it
//! is, for a terminal obeys some characters.

use crate::exit_code::ExitCode;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use mls_hsm_signer::message::printable::{printable, printable_json, printable_lines};
use serde_json::Value;

use crate::Outcome;
use crate::failure::Failure;
use crate::reports::{Report, Reports};

/// How results are printed.
pub struct Output {
    pub json: bool,
    /// Who prints them, where a PKCS#11 module in this process may print too.
    pub supervisor: Option<Reports>,
    /// How long a module may be silent, where the arguments say it.
    pub module_limit: Option<Duration>,
}

impl Output {
    /// Results that this process prints.
    pub fn here(json: bool) -> Self {
        Self {
            json,
            supervisor: None,
            module_limit: None,
        }
    }

    /// Says a result: `value` to a program, `text` to a person.
    pub fn result(&self, value: &Value, text: &str) -> Outcome {
        if self.json {
            self.print(&printable_json(&value.to_string()))
        } else {
            self.print(&printable_lines(text))
        }
    }

    /// Says something that has one form for everybody, such as PEM.
    pub fn print(&self, text: &str) -> Outcome {
        let text = format!("{}\n", text.trim_end());
        let written = match &self.supervisor {
            Some(supervisor) => supervisor.send(&Report::Result(text.into())),
            None => io::stdout().lock().write_all(text.as_bytes()),
        };
        written.map_err(|error| format!("cannot write the result: {error}"))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Tells a person something beside the result, on standard error.
    pub fn note(&self, text: &str) {
        let line = if self.json {
            printable_json(&serde_json::json!({ "note": text }).to_string())
        } else {
            format!("note: {}", printable(text))
        };
        self.say(&line);
    }

    /// Says why the command failed, and gives the exit code.
    pub fn failed(&self, failure: &Failure) -> ExitCode {
        let line = if self.json {
            printable_json(&failure.value().to_string())
        } else {
            format!("error: {}", failure.printable())
        };
        self.say(&line);
        failure.exit_code()
    }

    /// This module is loaded next, whatever it may do to this process.
    pub fn loading(&self, module: &Path) {
        if let Some(supervisor) = &self.supervisor {
            // A group of its own, so that what the module forks can be ended with it; not before,
            // for a person may have been asked something at the terminal. Where it is refused, the
            // process is ended alone.
            let _ = rustix::process::setpgid(None, None);
            // A supervisor that is gone ends this process.
            let _ = supervisor.send(&Report::Loading(module.into()));
        }
    }

    /// The module has answered a part of what is asked of it, and its time begins anew.
    pub fn module_answered(&self) {
        if let Some(supervisor) = &self.supervisor {
            let _ = supervisor.send(&Report::Answered);
        }
    }

    /// The command is done: what becomes of this process from now on is no matter.
    pub fn done(&self, code: ExitCode) {
        if let Some(supervisor) = &self.supervisor {
            let _ = supervisor.send(&Report::Done(code.number()));
        }
    }

    fn say(&self, line: &str) {
        // Where standard error is closed there is nobody to tell.
        let _ = match &self.supervisor {
            Some(supervisor) => supervisor.send(&Report::Said(format!("{line}\n").into())),
            None => writeln!(io::stderr().lock(), "{line}"),
        };
    }
}

/// Lines of `name  value`, the values in one column.
pub fn columns(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row = |(name, value): &(&str, String)| format!("  {name:width$}  {}", printable(value));
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}
