//! `audit backup`: a copy of a SQLite store, whole while a service writes to it.

use crate::exit_code::ExitCode;
use std::path::{Path, PathBuf};

use clap::Args;
use mls_hsm_signer::audit::store::{Store, StoreConfig};
use mls_hsm_signer::audit::{Report, Trust};
use serde_json::json;

use super::verify::{Evidence, TAMPERED, verify_log};
use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::runtime::wait;

#[derive(Args)]
pub struct Arguments {
    /// The store: sqlite:PATH. For PostgreSQL use pg_dump
    #[arg(long, value_name = "URL", env = "MLS_HSM_STORE")]
    store: String,
    /// The copy, which must not exist
    #[arg(value_name = "FILE")]
    to: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let to = &arguments.to;
    let reports = wait(copied(&arguments.store, to))?;
    let sound = reports.iter().all(Report::sound);
    let records: u64 = reports.iter().map(|report| report.records).sum();
    let verdict = if sound {
        "sound\nnote: verified without keys; audit verify --checkpoint-key proves more"
    } else {
        "not sound: run audit verify"
    };
    output.result(
        &json!({ "file": to, "records": records, "sound": sound }),
        &format!("{records} records in {}, {verdict}", to.display()),
    )?;
    Ok(ExitCode::from(if sound { 0 } else { TAMPERED }))
}

/// Copies the store, and verifies the copy.
async fn copied(store: &str, to: &Path) -> Result<Vec<Report>, Failure> {
    let path = std::path::absolute(to).map_err(|error| Failure::cannot_write(to, &error))?;
    let copy = Store::log(&StoreConfig::new(format!("sqlite:{}", path.display())))?;
    Store::log(&StoreConfig::new(store))?.back_up(to).await?;
    let evidence = Evidence {
        trust: Trust::default(),
        kept: Vec::new(),
    };
    let reports = verify_log(&copy, None, &evidence).await;
    if reports.is_err() {
        // What could not be verified must not pass for a backup.
        std::fs::remove_file(to).map_err(|error| Failure::cannot_write(to, &error))?;
    }
    reports
}
