//! A key ceremony in two steps, and a report of it that anyone can check.
//!
//! First a [`Plan`] is written: which keys, in which token of which module, before which
//! witnesses. Nothing is made. All who are present compare its fingerprint. Then
//! [`perform`] takes the plan and that fingerprint, generates the keys and writes a
//! [`SignedReport`]: what the token says of each key, and a signature of the whole by
//! each. [`SignedReport::verify`] needs neither token nor module.

mod plan;
mod report;
mod time;

use std::sync::Arc;

use super::create::{generate_all, left_behind, undone};
use crate::error::Error;
use crate::token::Token;
use mls_signer_message::encoding::hex;
use mls_signer_message::hash::sha256;

pub use plan::{ModuleIdentity, Plan, PlannedKey, TokenName};
pub use report::{CeremonyReport, ReportedKey, SignedReport};

/// Why a plan or a report is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// A file cannot be read or written.
    #[error("{path}: {reason}")]
    File {
        /// The file.
        path: std::path::PathBuf,
        /// What the operating system said.
        reason: String,
    },
    /// It is not what this program writes.
    #[error("this is no {kind} that mls-hsm-signer wrote: {reason}")]
    Malformed {
        /// A plan or a report.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// What failed could not be undone, and something is in the token now.
    #[error("{cause}. In the token now, to be destroyed with the HSM's own tool: {left}")]
    LeftBehind {
        /// Why it failed.
        cause: Box<CeremonyError>,
        /// What is there.
        left: String,
    },
    /// There are no keys, or two of one name.
    #[error("a ceremony needs keys, each of a label and id of its own")]
    Keys,
    /// The fingerprint is another plan's.
    #[error("the plan's fingerprint is {0}, not the one confirmed; nothing was made")]
    NotConfirmed(String),
    /// The plan is for something else than what is here.
    #[error("the plan is for the {what} {planned}, and here is {found}; nothing was made")]
    Elsewhere {
        /// Module or token.
        what: &'static str,
        /// What the plan says.
        planned: String,
        /// What is here.
        found: String,
    },
    /// A plan or a report could not be written in JSON.
    #[error(
        "this {kind} cannot be written in JSON ({reason}); report it as a fault of mls-hsm-signer"
    )]
    Unwritable {
        /// A plan or a report.
        kind: &'static str,
        /// What serde_json said.
        reason: String,
    },
    /// The token failed, or what failed could not be undone in it.
    #[error(transparent)]
    Token(#[from] Error),
    /// The report does not hold.
    #[error("the report does not hold: {0}")]
    NotProven(String),
}

/// Generates the keys of `plan`, all or none, has each sign the report, and gives the
/// report to `keep`. Where anything fails, the keys are destroyed again: no key without a
/// report that was kept.
///
/// # Errors
/// [`CeremonyError::NotConfirmed`] and [`CeremonyError::Elsewhere`] when `confirmed` is not the
/// plan's fingerprint, or module or token are others; what [`generate_all`] says; what `keep` says.
pub fn perform(
    token: &Arc<dyn Token>,
    module: &ModuleIdentity,
    plan: &Plan,
    confirmed: &str,
    keep: impl FnOnce(&SignedReport) -> Result<(), CeremonyError>,
) -> Result<SignedReport, CeremonyError> {
    plan.check_confirmed(confirmed)?;
    plan.check_place(module, token.identity())?;
    let specs = plan.specs()?;
    let signers = generate_all(token, &specs)?;
    let signed = report::signed(plan, &signers);
    let kept = signed.and_then(|report| {
        report.verify()?;
        keep(&report)?;
        Ok(report)
    });
    kept.map_err(|error| match error {
        CeremonyError::Token(error) => undone(token.as_ref(), &specs, error).into(),
        error => match left_behind(token.as_ref(), &specs).join("; ") {
            none if none.is_empty() => error,
            left => CeremonyError::LeftBehind {
                cause: Box::new(error),
                left,
            },
        },
    })
}

fn read<T: serde::de::DeserializeOwned + serde::Serialize>(
    kind: &'static str,
    json: &str,
) -> Result<T, CeremonyError> {
    let read: T = serde_json::from_str(json).map_err(|error| malformed(kind, error))?;
    // serde also reads an object from an array of its fields in their order.
    let same =
        |written: &serde_json::Value| serde_json::from_str(json).ok().as_ref() == Some(written);
    match serde_json::to_value(&read) {
        Ok(written) if same(&written) => Ok(read),
        _ => Err(malformed(kind, "it is not written as its fields are")),
    }
}

fn malformed(kind: &'static str, reason: impl ToString) -> CeremonyError {
    CeremonyError::Malformed {
        kind,
        reason: reason.to_string(),
    }
}

/// JSON for people.
fn readable(kind: &'static str, value: &impl serde::Serialize) -> Result<String, CeremonyError> {
    let text = serde_json::to_string_pretty(value).map_err(|error| unwritable(kind, &error))?;
    Ok(text + "\n")
}

/// JSON without blanks, the fields in the order of the types: one text for one value.
fn canonical(kind: &'static str, value: &impl serde::Serialize) -> Result<String, CeremonyError> {
    serde_json::to_string(value).map_err(|error| unwritable(kind, &error))
}

fn unwritable(kind: &'static str, error: &serde_json::Error) -> CeremonyError {
    CeremonyError::Unwritable {
        kind,
        reason: error.to_string(),
    }
}

/// SHA-256 in lower-case hexadecimal.
fn fingerprint(bytes: &[u8]) -> String {
    hex(&sha256(bytes))
}
