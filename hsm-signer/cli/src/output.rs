//! Everything the command line says: results on standard output, failures on standard error,
//! both as JSON where a program reads. Nothing that a token, a file or a service wrote is shown as it
//! is, for a terminal obeys some characters.

use std::io::{self, Write};
use std::process::ExitCode;

use mls_hsm_signer::message::printable::{printable, printable_json, printable_lines};
use serde_json::Value;

use crate::Outcome;
use crate::failure::Failure;

/// How results are printed.
pub struct Output {
    pub json: bool,
}

impl Output {
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
        writeln!(io::stdout().lock(), "{}", text.trim_end())
            .map_err(|error| format!("cannot write the result: {error}"))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Tells a person something beside the result, on standard error.
    pub fn note(&self, text: &str) {
        let line = if self.json {
            serde_json::json!({ "note": text }).to_string()
        } else {
            format!("note: {text}")
        };
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }

    /// Says why the command failed, and gives the exit code.
    pub fn failed(&self, failure: &Failure) -> ExitCode {
        let line = if self.json {
            printable_json(&failure.value().to_string())
        } else {
            format!("error: {}", failure.printable())
        };
        // Where standard error is closed there is nobody to tell.
        let _ = writeln!(io::stderr().lock(), "{line}");
        failure.exit_code()
    }
}

/// Lines of `name  value`, the values in one column.
pub fn columns(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row = |(name, value): &(&str, String)| format!("  {name:width$}  {}", printable(value));
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}
