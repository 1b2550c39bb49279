//! `ceremony verify`: whether each key of a report has signed it.

use std::path::{Path, PathBuf};

use clap::Args;
use mls_hsm_signer::keys::ceremony::SignedReport;
use serde_json::json;

use super::files;
use crate::Outcome;
use crate::output::{Output, columns};

#[derive(Args)]
pub struct Arguments {
    /// The report
    report: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let report = SignedReport::from_json(&files::read(&arguments.report)?)?;
    report.verify()?;
    say_verified(&report, &arguments.report, output)
}

/// What is in a report that has been verified.
pub fn say_verified(report: &SignedReport, path: &Path, output: &Output) -> Outcome {
    let made = &report.report;
    let token = &made.plan.token;
    let token = format!("{:?} (serial {})", token.label, token.serial);
    let mut rows = vec![
        ("performed", made.performed.clone()),
        ("token", token),
        ("module", made.plan.module.description.clone()),
        ("witnesses", made.plan.witnesses.join(", ")),
        ("plan", made.plan_fingerprint.clone()),
    ];
    for key in &made.keys {
        let protection = key.attributes.protection();
        rows.push(("key", format!("{} ({protection})", key.label)));
        rows.push(("public key", key.public_key.clone()));
        rows.push(("fingerprint", key.fingerprint.clone()));
    }
    let rows = columns(&rows);
    let text = format!("{}: each key has signed it\n{rows}", path.display());
    output.result(&json!({ "verified": true, "report": made }), &text)
}
