//! Why a command failed, for a person and for a program.

use crate::exit_code::ExitCode;
use std::io;
use std::path::Path;

use mls_hsm_signer::audit::LineError;
use mls_hsm_signer::audit::store::StoreError;
use mls_hsm_signer::client::ClientError;
use mls_hsm_signer::encoding::EncodingError;
use mls_hsm_signer::keys::ceremony::CeremonyError;
use mls_hsm_signer::message::printable::{printable, printable_lines};
use mls_hsm_signer::server::{ConfigError, ServeError};
use mls_hsm_signer::token::error::ProcessError;
use mls_hsm_signer::{Error, PinError};
use serde_json::{Value, json};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The library says why.
    #[error(transparent)]
    Signer(#[from] Error),
    /// The service does not serve.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// A service did not do what was asked of it.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The arguments make no sense together.
    #[error("{0}")]
    Usage(String),
    /// A file could not be used, or something else is not as it is needed.
    #[error("{0}")]
    Message(String),
}

impl Failure {
    /// What is wrong with a name that an argument has, or what else failed with it.
    pub fn of_name(error: Error) -> Self {
        match error.concerns_name() {
            true => Self::Usage(error.to_string()),
            false => error.into(),
        }
    }

    /// A file or directory could not be written.
    pub fn cannot_write(path: &Path, error: &io::Error) -> Self {
        Self::Message(format!("cannot write {}: {error}", path.display()))
    }

    /// The exit code: 4 where a token refused the PIN, so that nobody tries it again, 2 where the
    /// arguments are wrong, as clap's is, else 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Signer(error) if error.concerns_pin() => ExitCode::from(4),
            Self::Serve(error) if error.concerns_pin() => ExitCode::from(4),
            Self::Usage(_) => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }

    /// The reason for a terminal. Parsers of our own files say it in several lines, a service in one.
    pub fn printable(&self) -> String {
        let text = self.to_string();
        match self {
            Self::Client(_) => printable(&text),
            _ => printable_lines(&text),
        }
    }

    pub fn value(&self) -> Value {
        match self {
            Self::Signer(Error::Pkcs11(failure)) => json!({
                "error": failure.to_string(),
                "function": failure.function(),
                "code": failure.code_name(),
            }),
            Self::Client(ClientError::Refused(problem)) => {
                json!({ "error": problem.title, "problem": problem })
            }
            other => json!({ "error": other.to_string() }),
        }
    }
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

from_signer!(EncodingError, PinError, ProcessError);

/// What is said as it is.
macro_rules! from_text {
    ($($error:ty),*) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Message(error.to_string())
            }
        })*
    };
}

from_text!(ConfigError, LineError, StoreError, String, &str);

impl From<CeremonyError> for Failure {
    fn from(error: CeremonyError) -> Self {
        match error {
            CeremonyError::Token(error) => Self::Signer(error),
            error => Self::Message(error.to_string()),
        }
    }
}
