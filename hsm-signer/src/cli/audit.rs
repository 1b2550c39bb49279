//! `audit`: the log of what was signed, verified and exported, beside the service or from an
//! export.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base64ct::{Base64, Encoding};
use clap::{Args, Subcommand};
use mls_hsm_signer::Scheme;
use mls_hsm_signer::audit::{
    Chain, Line, LineError, Report, SignedStatement, Trust, Verification, VerifyingKey,
};
use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::store::{LogReader, Store, StoreConfig, StoreError, StoredRecord};
use serde_json::{Value, json};

use super::Outcome;
use super::voice::{Failure, Voice};

/// The exit code for a log that is not what was written.
const TAMPERED: u8 = 3;

/// Records that are read at once.
const PAGE: u32 = 1000;

#[derive(Subcommand)]
pub enum Command {
    /// Check that a log is what was written. Exit codes: 0 sound, 1 not checked, 3 not sound
    Verify(VerifyArguments),
    /// Write the log as JSON lines
    Export(ExportArguments),
}

#[derive(Args)]
pub struct StoreArguments {
    /// The store: sqlite:PATH or postgres://USER@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "MLS_HSM_STORE")]
    store: Option<String>,
    /// A file with the store's password, closed to other users
    #[arg(long, value_name = "PATH", requires = "store")]
    store_password_file: Option<PathBuf>,
    /// Only this tenant's log
    #[arg(long, value_name = "NAME")]
    tenant: Option<String>,
}

#[derive(Args)]
pub struct VerifyArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// An export to verify instead of a store
    #[arg(
        value_name = "FILE",
        conflicts_with = "store",
        required_unless_present = "store"
    )]
    export: Option<PathBuf>,
    /// A key that signs checkpoints, such as ed25519:BASE64. Without any, the keys that stand in
    /// the log are taken, which proves nothing against whoever can write it
    #[arg(long, value_name = "SCHEME:BASE64", value_parser = key)]
    checkpoint_key: Vec<VerifyingKey>,
    /// A removal key: the messages that it signed are verified too
    #[arg(long, value_name = "SCHEME:BASE64", value_parser = key)]
    removal_key: Vec<VerifyingKey>,
    /// A file with checkpoints that were kept elsewhere, in lines as an export has them: the
    /// log must contain what they attest
    #[arg(long, value_name = "PATH")]
    checkpoint: Vec<PathBuf>,
}

#[derive(Args)]
pub struct ExportArguments {
    #[command(flatten)]
    store: StoreArguments,
    /// Write to this file, which must not exist, instead of standard output
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
}

pub fn run(command: Command, voice: &Voice) -> Outcome {
    match command {
        Command::Verify(arguments) => verify(&arguments, voice),
        Command::Export(arguments) => export(&arguments, voice),
    }
}

fn key(text: &str) -> Result<VerifyingKey, String> {
    let (scheme, key) = text
        .split_once(':')
        .ok_or("SCHEME:BASE64 is needed, such as ed25519:BASE64")?;
    let scheme = Scheme::by_name(scheme).ok_or("there is no such scheme")?;
    let public_key = Base64::decode_vec(key).map_err(|_| "standard base64 is needed")?;
    if public_key.len() != scheme.public_key_length {
        return Err(format!(
            "a public key of {} has {} bytes, this has {}",
            scheme.title,
            scheme.public_key_length,
            public_key.len()
        ));
    }
    Ok(VerifyingKey {
        scheme: scheme.signature_scheme,
        public_key,
    })
}

fn failed(error: impl ToString) -> Failure {
    Failure::Message(error.to_string())
}

/// Runs what waits for a database.
fn wait<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.map_err(failed)?.block_on(work)
}

impl StoreArguments {
    fn open(&self) -> Result<LogReader, Failure> {
        let url = self.store.clone();
        let url = url.ok_or_else(|| failed("name the store with --store"))?;
        let mut config = StoreConfig::new(url);
        config.password_file.clone_from(&self.store_password_file);
        Store::log(&config).map_err(failed)
    }

    /// The chains that are meant, each with the statements in the log. The statements are read
    /// first, so that none is about records that are not read yet.
    async fn chains(
        &self,
        log: &LogReader,
    ) -> Result<Vec<(Chain, Vec<SignedStatement>)>, StoreError> {
        let mut chains = Vec::new();
        for chain in log.chains().await? {
            if self
                .tenant
                .as_ref()
                .is_some_and(|name| *name != chain.tenant)
            {
                continue;
            }
            let statements = log.statements(&chain.tenant).await?;
            if let Some(chain) = log.chain(&chain.tenant).await? {
                chains.push((chain, statements));
            }
        }
        Ok(chains)
    }
}

/// Gives `take` the records of `chain` up to where it ended when it was read.
async fn each_record(
    log: &LogReader,
    chain: &Chain,
    progress: &mut Progress,
    mut take: impl FnMut(StoredRecord) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut sequence = chain.pruned;
    // A record before the ones that should be there is wrong, and must be seen.
    let mut after = 0;
    'pages: loop {
        let page = log
            .records(&chain.tenant, after, PAGE)
            .await
            .map_err(failed)?;
        let Some(last) = page.last() else { break };
        after = last.sequence;
        for record in page {
            if record.sequence > chain.sequence && grown(log, chain).await? {
                break 'pages;
            }
            sequence = sequence.max(record.sequence);
            take(record)?;
        }
        progress.at(sequence.saturating_sub(chain.pruned));
    }
    let now = log.chain(&chain.tenant).await.map_err(failed)?;
    if now.is_some_and(|now| now.pruned != chain.pruned) {
        return Err(failed(
            "the log was pruned while it was read; run this again",
        ));
    }
    Ok(())
}

/// Whether the chain has grown since it was read: then records after its end are none of ours.
async fn grown(log: &LogReader, chain: &Chain) -> Result<bool, Failure> {
    let now = log.chain(&chain.tenant).await.map_err(failed)?;
    Ok(now.is_some_and(|now| now.sequence > chain.sequence))
}

fn verify(arguments: &VerifyArguments, voice: &Voice) -> Outcome {
    let trust = Trust {
        statement_keys: arguments.checkpoint_key.clone(),
        message_keys: arguments.removal_key.clone(),
    };
    let kept = kept(&arguments.checkpoint)?;
    let (reports, missing) = match &arguments.export {
        Some(path) => verify_export(path, arguments.store.tenant.as_deref(), &trust, &kept)?,
        None => wait(verify_store(&arguments.store, &trust, &kept))?,
    };
    if let Some(tenant) = &arguments.store.tenant
        && reports.is_empty()
        && missing.is_empty()
    {
        return Err(failed(format!("there is no log of {tenant:?}")));
    }
    let sound = missing.is_empty() && reports.iter().all(Report::sound);
    let value = json!({
        "sound": sound,
        "chains": reports.iter().map(value).collect::<Vec<_>>(),
        "missing": missing,
    });
    voice.result(&value, &text(&reports, &missing, sound))?;
    Ok(if sound {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(TAMPERED)
    })
}

/// Reads statements that were kept elsewhere.
fn kept(paths: &[PathBuf]) -> Result<Vec<SignedStatement>, Failure> {
    let mut statements = Vec::new();
    for path in paths {
        lines(path, |line| {
            if let Line::Statement(signed) = line {
                statements.push(signed);
            }
            Ok(())
        })?;
    }
    Ok(statements)
}

/// Gives `take` each line of an export.
fn lines(path: &Path, mut take: impl FnMut(Line) -> Result<(), Failure>) -> Result<(), Failure> {
    let cannot = |error: io::Error| failed(format!("cannot read {}: {error}", path.display()));
    let file = BufReader::new(File::open(path).map_err(cannot)?);
    for (number, line) in (1..).zip(file.lines()) {
        let line = line.map_err(cannot)?;
        let malformed =
            |error: LineError| failed(format!("{}, line {number}: {error}", path.display()));
        take(Line::read(&line).map_err(malformed)?)?;
    }
    Ok(())
}

type Checked = (Vec<Report>, Vec<String>);

async fn verify_store(
    arguments: &StoreArguments,
    trust: &Trust,
    kept: &[SignedStatement],
) -> Result<Checked, Failure> {
    let log = arguments.open()?;
    let mut reports = Vec::new();
    for (chain, statements) in arguments.chains(&log).await.map_err(failed)? {
        let mut progress = Progress::of(&chain, "verified");
        let mut verification = begin(chain.clone(), statements, trust, kept);
        each_record(&log, &chain, &mut progress, |record| {
            verification.record(&record);
            Ok(())
        })
        .await?;
        progress.end();
        reports.push(verification.finish());
    }
    let missing = missing(&reports, arguments.tenant.as_deref(), kept);
    Ok((reports, missing))
}

fn begin(
    chain: Chain,
    statements: Vec<SignedStatement>,
    trust: &Trust,
    kept: &[SignedStatement],
) -> Verification {
    let tenant = chain.tenant.clone();
    let mut verification = Verification::begin(chain, statements, trust);
    for signed in kept
        .iter()
        .filter(|signed| signed.statement.tenant == tenant)
    {
        verification.kept(signed.clone());
    }
    verification
}

/// Tenants of whom a checkpoint was kept and there is no chain.
fn missing(reports: &[Report], tenant: Option<&str>, kept: &[SignedStatement]) -> Vec<String> {
    let tenants = kept.iter().map(|signed| signed.statement.tenant.clone());
    let mut missing: Vec<String> = tenants
        .filter(|name| tenant.is_none_or(|tenant| tenant == name))
        .filter(|name| reports.iter().all(|report| report.tenant != *name))
        .collect();
    missing.dedup();
    missing
}

fn verify_export(
    path: &Path,
    tenant: Option<&str>,
    trust: &Trust,
    kept: &[SignedStatement],
) -> Result<Checked, Failure> {
    let mut reports = Vec::new();
    let mut current: Option<Part> = None;
    lines(path, |line| {
        if let Line::Chain(chain) = line {
            reports.extend(current.take().map(|part| part.finish(trust, kept)));
            current = Some(Part::new(chain));
            return Ok(());
        }
        let part = current.as_mut();
        let part = part.ok_or_else(|| failed("an export begins with a chain"))?;
        part.line(line, trust, kept);
        Ok(())
    })?;
    reports.extend(current.take().map(|part| part.finish(trust, kept)));
    reports.retain(|report| tenant.is_none_or(|tenant| tenant == report.tenant));
    let missing = missing(&reports, tenant, kept);
    Ok((reports, missing))
}

/// A chain of an export, as far as it has been read.
struct Part {
    chain: Chain,
    statements: Vec<SignedStatement>,
    verification: Option<Verification>,
    progress: Progress,
}

impl Part {
    fn new(chain: Chain) -> Self {
        Self {
            progress: Progress::of(&chain, "verified"),
            chain,
            statements: Vec::new(),
            verification: None,
        }
    }

    fn line(&mut self, line: Line, trust: &Trust, kept: &[SignedStatement]) {
        match line {
            Line::Chain(_) => {}
            Line::Statement(signed) => match &mut self.verification {
                // Out of its place, it still has to be right.
                Some(verification) => verification.kept(signed),
                None => self.statements.push(signed),
            },
            Line::Record(record) => {
                self.progress
                    .at(record.sequence.saturating_sub(self.chain.pruned));
                self.begun(trust, kept).record(&record);
            }
        }
    }

    fn begun(&mut self, trust: &Trust, kept: &[SignedStatement]) -> &mut Verification {
        let (chain, statements) = (&self.chain, &mut self.statements);
        self.verification
            .get_or_insert_with(|| begin(chain.clone(), std::mem::take(statements), trust, kept))
    }

    fn finish(mut self, trust: &Trust, kept: &[SignedStatement]) -> Report {
        self.begun(trust, kept);
        self.progress.end();
        let Self {
            chain,
            verification,
            ..
        } = self;
        let verification = verification.unwrap_or_else(|| begin(chain, Vec::new(), trust, kept));
        verification.finish()
    }
}

fn value(report: &Report) -> Value {
    let findings = report.findings.iter().map(|finding| {
        json!({
            "sequence": finding.sequence,
            "fault": format!("{:?}", finding.fault),
            "detail": finding.fault.text(),
        })
    });
    json!({
        "tenant": report.tenant,
        "chain_id": hex(&report.chain_id),
        "sound": report.sound(),
        "records": report.records,
        "pruned": report.pruned,
        "last": report.last,
        "statements": report.statements,
        "keys_given": report.pinned,
        "attested": report.attested,
        "unattested": report.unattested(),
        "faults": report.faults,
        "findings": findings.collect::<Vec<_>>(),
    })
}

fn text(reports: &[Report], missing: &[String], sound: bool) -> String {
    let mut lines = Vec::new();
    for report in reports {
        lines.push(format!(
            "{}: {} records to {}, {} pruned before them, {} checkpoints; {} records after the \
             last of them",
            report.tenant,
            report.records,
            report.last,
            report.pruned,
            report.statements,
            report.unattested()
        ));
        if !report.pinned {
            lines.push(
                "note: no --checkpoint-key was given: the checkpoints prove nothing against \
                 whoever can write the log"
                    .into(),
            );
        }
        lines.extend(
            report
                .findings
                .iter()
                .map(|finding| format!("FAILED  {finding}")),
        );
        let untold = report.faults - report.findings.len() as u64;
        if untold > 0 {
            lines.push(format!("FAILED  and {untold} more"));
        }
    }
    for tenant in missing {
        lines.push(format!("FAILED  the log of {tenant:?} is gone"));
    }
    lines.push(if sound { "sound" } else { "not sound" }.into());
    lines.join("\n")
}

fn export(arguments: &ExportArguments, voice: &Voice) -> Outcome {
    let mut out: Box<dyn Write> = match &arguments.out {
        Some(path) => {
            let file = File::create_new(path);
            let cannot = |error| failed(format!("cannot write {}: {error}", path.display()));
            Box::new(BufWriter::new(file.map_err(cannot)?))
        }
        None => Box::new(BufWriter::new(io::stdout().lock())),
    };
    let records = wait(write_export(&arguments.store, &mut out))?;
    if let Some(path) = &arguments.out {
        let value = json!({ "records": records, "file": path });
        voice.result(&value, &format!("{records} records in {}", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn write_export(arguments: &StoreArguments, out: &mut dyn Write) -> Result<u64, Failure> {
    let mut put = |line: Line| -> Result<(), Failure> {
        let line = line.write().map_err(failed)?;
        writeln!(out, "{line}").map_err(|error| failed(format!("cannot write: {error}")))
    };
    let log = arguments.open()?;
    let mut records = 0;
    let chains = arguments.chains(&log).await.map_err(failed)?;
    if chains.is_empty()
        && let Some(tenant) = &arguments.tenant
    {
        return Err(failed(format!("there is no log of {tenant:?}")));
    }
    for (chain, statements) in chains {
        put(Line::Chain(chain.clone()))?;
        for statement in statements {
            put(Line::Statement(statement))?;
        }
        let mut progress = Progress::of(&chain, "exported");
        each_record(&log, &chain, &mut progress, |record| {
            records += 1;
            put(Line::Record(Box::new(record)))
        })
        .await?;
        progress.end();
    }
    out.flush()
        .map_err(|error| failed(format!("cannot write: {error}")))?;
    Ok(records)
}

/// How far it is, for a person who waits at a terminal.
struct Progress {
    tenant: String,
    verb: &'static str,
    all: u64,
    said: u64,
    shown: bool,
}

/// Records between two signs of life.
const STEP: u64 = 10_000;

impl Progress {
    fn of(chain: &Chain, verb: &'static str) -> Self {
        Self {
            tenant: chain.tenant.clone(),
            verb,
            all: chain.sequence.saturating_sub(chain.pruned),
            said: 0,
            shown: io::stderr().is_terminal(),
        }
    }

    fn at(&mut self, done: u64) {
        if self.shown && done >= self.said + STEP {
            self.said = done;
            let percent = done * 100 / self.all.max(1);
            // Where standard error is closed there is nobody to tell.
            let _ = write!(
                io::stderr(),
                "\r{}: {done} of {} records {} ({percent} %)",
                self.tenant,
                self.all,
                self.verb
            );
        }
    }

    fn end(&mut self) {
        if self.said > 0 {
            let _ = writeln!(io::stderr());
        }
    }
}
