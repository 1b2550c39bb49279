//! Everything the command line says: results on standard output, failures on standard error,
//! both as JSON where a program reads.

use std::io::{self, Write};
use std::process::ExitCode;

use mls_hsm_signer::doctor::{Check, Report, Verdict};
use serde_json::{Value, json};

use crate::failure::Failure;

/// How results are printed.
pub struct Output {
    json: bool,
}

impl Output {
    /// Prints JSON if `json`, else text.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Says a result: `value` to a program, `text` to a person.
    pub fn result(&self, value: &Value, text: &str) -> Result<(), Failure> {
        if self.json {
            self.print(&value.to_string())
        } else {
            self.print(text)
        }
    }

    /// Says something that has one form for everybody, such as PEM.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let written = writeln!(io::stdout().lock(), "{}", text.trim_end());
        written.map_err(|error| Failure::Message(format!("cannot write the result: {error}")))
    }

    /// Says what the doctor found.
    pub fn report(&self, report: &Report) -> Result<(), Failure> {
        let text: Vec<String> = report.checks.iter().map(line).collect();
        let conclusion = if report.healthy() {
            "healthy"
        } else {
            "not healthy"
        };
        let value = json!({ "healthy": report.healthy(), "checks": report.checks });
        self.result(&value, &format!("{}\n{conclusion}", text.join("\n")))
    }

    /// Says why the command failed, and gives the exit code.
    pub fn failed(&self, failure: &Failure) -> ExitCode {
        let line = if self.json {
            failure.value().to_string()
        } else {
            failure.text()
        };
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
        ExitCode::FAILURE
    }
}

fn line(check: &Check) -> String {
    let mark = match check.verdict {
        Verdict::Good => "ok    ",
        Verdict::Notice => "note  ",
        Verdict::Bad => "FAILED",
    };
    format!("{mark}  {}: {}", check.name, check.detail)
}

/// Lines of `name  value`, the values in one column.
pub fn columns(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row = |(name, value): &(&str, String)| format!("  {name:width$}  {value}");
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}
