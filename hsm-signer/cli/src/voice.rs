//! Everything the command line says, in one voice: results on standard output, failures
//! on standard error, both as JSON where a program reads.

use std::io::{self, Write};
use std::process::ExitCode;

use mls_hsm_signer::client::ClientError;
use mls_hsm_signer::doctor::{Check, Report, Verdict};
use mls_hsm_signer::encoding::EncodingError;
use mls_hsm_signer::keys::ceremony::CeremonyError;
use mls_hsm_signer::token::error::ProcessError;
use mls_hsm_signer::{Error, PinError};
use serde_json::{Value, json};

use crate::keys::WireValuesError;
use crate::passphrase::PassphraseError;

/// Why a command failed.
pub enum Failure {
    /// The library says why.
    Signer(Error),
    /// A service did not do what was asked of it.
    Client(ClientError),
    /// The arguments make no sense together, or a file could not be used.
    Message(String),
}

/// What the token's layer says, in its own words.
macro_rules! from_signer {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Signer(error.into())
            }
        })*
    };
}

from_signer!(Error, EncodingError, PinError, ProcessError);

impl From<CeremonyError> for Failure {
    fn from(error: CeremonyError) -> Self {
        match error {
            CeremonyError::Token(error) => Self::Signer(error),
            error => Self::Message(error.to_string()),
        }
    }
}

impl From<PassphraseError> for Failure {
    fn from(error: PassphraseError) -> Self {
        Self::Message(error.to_string())
    }
}

impl From<WireValuesError> for Failure {
    fn from(error: WireValuesError) -> Self {
        Self::Message(error.to_string())
    }
}

/// How results are printed.
pub struct Voice {
    json: bool,
}

impl Voice {
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

    /// Says something beside the result.
    pub fn remark(&self, text: &str) -> Result<(), Failure> {
        let written = writeln!(io::stderr().lock(), "{text}");
        written.map_err(|error| Failure::Message(format!("cannot write: {error}")))
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
            as_json(failure).to_string()
        } else {
            as_text(failure)
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

fn as_text(failure: &Failure) -> String {
    match failure {
        Failure::Signer(error) => format!("error: {error}"),
        Failure::Client(error) => format!("error: {error}"),
        Failure::Message(message) => format!("error: {message}"),
    }
}

fn as_json(failure: &Failure) -> Value {
    match failure {
        Failure::Signer(Error::Pkcs11(failure)) => json!({
            "error": failure.to_string(),
            "function": failure.function(),
            "code": failure.code_name(),
        }),
        Failure::Signer(error) => json!({ "error": error.to_string() }),
        Failure::Client(ClientError::Refused(problem)) => {
            json!({ "error": problem.title, "problem": problem })
        }
        Failure::Client(error) => json!({ "error": error.to_string() }),
        Failure::Message(message) => json!({ "error": message }),
    }
}

/// Lines of `name  value`, the values in one column.
pub fn columns(rows: &[(&str, String)]) -> String {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let row = |(name, value): &(&str, String)| format!("  {name:width$}  {value}");
    rows.iter().map(row).collect::<Vec<_>>().join("\n")
}
