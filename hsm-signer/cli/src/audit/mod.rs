//! `audit`: the log of what was signed, verified and exported, beside the service or from an
//! export.

mod backup;
mod export;
mod verify;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use mls_hsm_signer::audit::store::{LogReader, StatementRow, Store, StoreConfig, StoreError};
use mls_hsm_signer::audit::{Chain, StoredRecord};

use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::bar;

/// Records that are read at once.
const PAGE: u32 = 1000;

#[derive(Subcommand)]
pub enum Command {
    /// Check that a log is what was written. Exit codes: 0 sound, 1 not checked, 3 not sound
    Verify(verify::Arguments),
    /// Write the log as JSON lines
    Export(export::Arguments),
    /// Copy a SQLite store while it is in use, and verify the copy. Exit codes as for verify
    Backup(backup::Arguments),
}

#[derive(Args)]
pub struct StoreArguments {
    /// The store: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "MLS_HSM_STORE")]
    store: Option<String>,
    /// A file with the store's password, closed to other users
    #[arg(long, value_name = "PATH", requires = "store")]
    store_password_file: Option<PathBuf>,
    /// Ask PostgreSQL on another machine without TLS
    #[arg(long, requires = "store")]
    store_plain_connection: bool,
    /// Only this tenant's log
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Verify(arguments) => verify::run(&arguments, output),
        Command::Export(arguments) => export::run(&arguments, output),
        Command::Backup(arguments) => backup::run(&arguments, output),
    }
}

impl StoreArguments {
    fn open(&self) -> Result<LogReader, Failure> {
        let url = self.store.clone();
        let url = url.ok_or_else(|| Failure::Usage("name the store with --store".into()))?;
        if let Some(file) = url.strip_prefix("sqlite:")
            && !Path::new(file).exists()
        {
            return Err(format!("there is no file {file}").into());
        }
        let mut config = StoreConfig::new(url);
        config.password_file.clone_from(&self.store_password_file);
        config.plain_connection = self.store_plain_connection;
        Ok(Store::log(&config)?)
    }
}

/// The chains that are meant, each with what the log keeps as statements. The statements are read
/// first, so that none is about records that are not read yet.
async fn chains(
    log: &LogReader,
    only: Option<&str>,
) -> Result<Vec<(Chain, Vec<StatementRow>)>, StoreError> {
    let mut chains = Vec::new();
    for Chain { tenant, .. } in log.chains().await? {
        if only.is_some_and(|only| only != tenant) {
            continue;
        }
        let statements = statements(log, &tenant).await?;
        if let Some(chain) = log.chain(&tenant).await? {
            chains.push((chain, statements));
        }
    }
    Ok(chains)
}

async fn statements(log: &LogReader, tenant: &str) -> Result<Vec<StatementRow>, StoreError> {
    let mut statements: Vec<StatementRow> = Vec::new();
    loop {
        let after = statements.last().map_or(0, |row| row.sequence);
        let page = log.statement_rows(tenant, after, PAGE).await?;
        if page.is_empty() {
            return Ok(statements);
        }
        statements.extend(page);
    }
}

/// How many of the chain's records are `done`.
fn progress(chain: &Chain, done: &str) -> ProgressBar {
    let all = chain.sequence.saturating_sub(chain.pruned);
    bar(format!("{}: records {done}", chain.tenant), all)
}

/// Gives `take` the records of `chain` up to where it ended when it was read.
async fn each_record(
    log: &LogReader,
    chain: &Chain,
    progress: &ProgressBar,
    mut take: impl FnMut(StoredRecord) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut sequence = chain.pruned;
    // A record before the ones that should be there is wrong, and must be seen.
    let mut after = 0;
    'pages: loop {
        let page = log.records(&chain.tenant, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for record in page {
            if record.sequence > chain.sequence && grown(log, chain).await? {
                break 'pages;
            }
            sequence = sequence.max(record.sequence);
            take(record)?;
        }
        progress.set_position(sequence.saturating_sub(chain.pruned));
    }
    let now = log.chain(&chain.tenant).await?;
    if now.is_some_and(|now| now.pruned != chain.pruned) {
        return Err("the log was pruned while it was read; run this again".into());
    }
    Ok(())
}

/// Whether the chain has grown since it was read: then records after its end are none of ours.
async fn grown(log: &LogReader, chain: &Chain) -> Result<bool, Failure> {
    let now = log.chain(&chain.tenant).await?;
    Ok(now.is_some_and(|now| now.sequence > chain.sequence))
}
