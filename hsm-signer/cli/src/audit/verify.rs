//! `audit verify`: whether a log is what was written.

use crate::exit_code::ExitCode;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use indicatif::ProgressBar;
use mls_hsm_signer::Scheme;
use mls_hsm_signer::audit::store::LogReader;
use mls_hsm_signer::audit::{
    CHECKPOINT_MARK, Chain, Line, Report, SignedStatement, Trust, Verification, VerifyingKey,
    find_checkpoint,
};
use mls_hsm_signer::encoding::{base64, from_base64, hex};
use serde_json::{Value, json};

use super::{StoreArguments, chains, each_record, progress};
use crate::Outcome;
use crate::failure::Failure;
use crate::output::Output;
use crate::runtime::wait;

/// How a SQLite database begins (sqlite.org/fileformat.html, section 1.3.1).
const SQLITE: &[u8] = b"SQLite format 3\0";

/// The exit code for a log that is not what was written.
pub const TAMPERED: u8 = 3;

#[derive(Args)]
#[command(group = ArgGroup::new("log").args(["export", "store"]).required(true).multiple(true))]
pub struct Arguments {
    #[command(flatten)]
    store: StoreArguments,
    /// An export to verify, where there is no --store
    #[arg(value_name = "FILE", conflicts_with = "store")]
    export: Option<PathBuf>,
    /// A key that signs checkpoints, such as ed25519:BASE64. Without any, the keys that stand in
    /// the log are taken, which proves nothing against whoever can write it
    #[arg(long, value_name = "SCHEME:BASE64", value_parser = key)]
    checkpoint_key: Vec<VerifyingKey>,
    /// A removal key: the messages that it signed are verified too
    #[arg(long, value_name = "SCHEME:BASE64", value_parser = key)]
    removal_key: Vec<VerifyingKey>,
    /// A file with checkpoints that were kept elsewhere: the service's log, what
    /// audit.checkpoint_sink wrote, or an export. The log must contain what they attest
    #[arg(long, value_name = "FILE", alias = "checkpoint")]
    checkpoints: Vec<PathBuf>,
    /// Up to this time the checkpoints of --checkpoints are not held against the log:
    /// milliseconds since 1970, as accepted_loss of the tenant. What is in the log counts all the
    /// same
    #[arg(long, value_name = "TIME", default_value_t = 0)]
    accepted_loss: u64,
}

fn key(text: &str) -> Result<VerifyingKey, String> {
    let (scheme, key) = text
        .split_once(':')
        .ok_or("SCHEME:BASE64 is needed, such as ed25519:BASE64")?;
    let scheme = Scheme::by_name(scheme).ok_or("there is no such scheme")?;
    let public_key = from_base64(key).ok_or("standard base64 is needed")?;
    if public_key.len() != scheme.public_key_length {
        let (title, length) = (scheme.title, scheme.public_key_length);
        let given = public_key.len();
        return Err(format!(
            "a public key of {title} has {length} bytes, this has {given}"
        ));
    }
    Ok(VerifyingKey {
        scheme: scheme.signature_scheme,
        public_key,
    })
}

/// The form in which a key is given.
fn named(key: &VerifyingKey) -> String {
    let scheme = Scheme::by_signature_scheme(key.scheme);
    let scheme = scheme.map_or("", |scheme| scheme.name);
    format!("{scheme}:{}", base64(&key.public_key))
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let (mut kept, not_whole) = kept(&arguments.checkpoints)?;
    kept.retain(|signed| signed.statement.time > arguments.accepted_loss);
    let evidence = Evidence {
        trust: Trust {
            statement_keys: arguments.checkpoint_key.clone(),
            message_keys: arguments.removal_key.clone(),
        },
        kept,
    };
    let mut reports = match &arguments.export {
        Some(path) => verify_export(path, &evidence)?,
        None => wait(verify_store(&arguments.store, &evidence))?,
    };
    let tenant = arguments.store.tenant.as_deref();
    reports.retain(|report| tenant.is_none_or(|tenant| tenant == report.tenant));
    let missing = missing(&reports, tenant, &evidence.kept);
    if let Some(tenant) = tenant
        && reports.is_empty()
        && missing.is_empty()
    {
        return Err(format!("there is no log of {tenant:?}").into());
    }
    if reports.is_empty() && missing.is_empty() {
        return Err("there is no log in it, nothing was verified".into());
    }
    let sound = missing.is_empty() && reports.iter().all(Report::sound);
    let value = json!({
        "sound": sound,
        "chains": reports.iter().map(value).collect::<Vec<_>>(),
        "missing": missing,
        "checkpoints_not_whole": not_whole,
    });
    let mut said = text(&reports, &missing, sound);
    if not_whole > 0 {
        said = format!("note: {not_whole} checkpoints of --checkpoints are not whole\n{said}");
    }
    output.result(&value, &said)?;
    Ok(ExitCode::from(if sound { 0 } else { TAMPERED }))
}

/// Reads statements that were kept elsewhere, and counts those that are not whole.
fn kept(paths: &[PathBuf]) -> Result<(Vec<SignedStatement>, u64), Failure> {
    let mut statements = Vec::new();
    let mut not_whole = 0;
    for path in paths {
        let before = statements.len();
        let cannot = |error: io::Error| format!("cannot read {}: {error}", path.display());
        let file = BufReader::new(File::open(path).map_err(cannot)?);
        for line in file.split(b'\n') {
            let line = line.map_err(cannot)?;
            let line = String::from_utf8_lossy(&line);
            match find_checkpoint(&line) {
                Some(signed) => statements.push(signed),
                None => not_whole += u64::from(line.contains(CHECKPOINT_MARK)),
            }
        }
        if statements.len() == before {
            return Err(format!("there is no checkpoint in {}", path.display()).into());
        }
    }
    Ok((statements, not_whole))
}

/// Gives `take` each line of an export.
fn lines(path: &Path, mut take: impl FnMut(Line) -> Result<(), Failure>) -> Result<(), Failure> {
    let cannot = |error: io::Error| format!("cannot read {}: {error}", path.display());
    let file = BufReader::new(File::open(path).map_err(cannot)?);
    for (number, line) in (1..).zip(file.split(b'\n')) {
        let line = line.map_err(cannot)?;
        if line.starts_with(SQLITE) {
            let path = path.display();
            return Err(format!("{path} is a SQLite database: use --store sqlite:{path}").into());
        }
        let line = Line::read(&String::from_utf8_lossy(&line));
        take(line.map_err(|error| format!("{}, line {number}: {error}", path.display()))?)?;
    }
    Ok(())
}

/// What is known beside the log: whose signatures count, and statements that were kept.
pub struct Evidence {
    pub trust: Trust,
    pub kept: Vec<SignedStatement>,
}

async fn verify_store(
    arguments: &StoreArguments,
    evidence: &Evidence,
) -> Result<Vec<Report>, Failure> {
    verify_log(&arguments.open()?, arguments.tenant.as_deref(), evidence).await
}

pub async fn verify_log(
    log: &LogReader,
    tenant: Option<&str>,
    evidence: &Evidence,
) -> Result<Vec<Report>, Failure> {
    let mut reports = Vec::new();
    for (chain, statements) in chains(log, tenant).await? {
        let (signed, none): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|row| row.signed.is_some());
        let signed = signed.into_iter().filter_map(|row| row.signed).collect();
        let mut verification = evidence.begin(chain.clone(), signed);
        for row in none {
            verification.no_statement(row.sequence);
        }
        each_record(log, &chain, &progress(&chain, "verified"), |record| {
            verification.record(&record);
            Ok(())
        })
        .await?;
        reports.push(verification.finish());
    }
    let strays = log.strays().await?.into_iter();
    for (name, rows) in strays.filter(|(name, _)| tenant.is_none_or(|tenant| tenant == name)) {
        let at = reports.iter().position(|report| report.tenant == name);
        let at = at.unwrap_or_else(|| {
            reports.push(Report {
                tenant: name,
                ..Report::default()
            });
            reports.len() - 1
        });
        reports[at].strays(rows);
    }
    Ok(reports)
}

impl Evidence {
    fn begin(&self, chain: Chain, statements: Vec<SignedStatement>) -> Verification {
        let tenant = chain.tenant.clone();
        let mut verification = Verification::begin(chain, statements, &self.trust);
        for signed in &self.kept {
            if signed.statement.tenant == tenant {
                verification.kept(signed.clone());
            }
        }
        verification
    }
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

fn verify_export(path: &Path, evidence: &Evidence) -> Result<Vec<Report>, Failure> {
    let mut reports = Vec::new();
    let mut current: Option<Part> = None;
    lines(path, |line| {
        if let Line::Chain(chain) = line {
            let before = current.replace(Part::new(chain));
            reports.extend(before.map(|part| part.finish(evidence)));
            return Ok(());
        }
        let part = current.as_mut();
        let part = part.ok_or("an export begins with a chain")?;
        part.line(line, evidence);
        Ok(())
    })?;
    reports.extend(current.map(|part| part.finish(evidence)));
    Ok(reports)
}

/// A chain of an export, as far as it has been read.
struct Part {
    chain: Chain,
    statements: Vec<SignedStatement>,
    verification: Option<Verification>,
    progress: ProgressBar,
}

impl Part {
    fn new(chain: Chain) -> Self {
        Self {
            progress: progress(&chain, "verified"),
            chain,
            statements: Vec::new(),
            verification: None,
        }
    }

    fn line(&mut self, line: Line, evidence: &Evidence) {
        match line {
            Line::Chain(_) => {}
            Line::Statement(signed) => match &mut self.verification {
                // Out of its place, it still has to be right.
                Some(verification) => verification.kept(signed),
                None => self.statements.push(signed),
            },
            Line::Record(record) => {
                let done = record.sequence.saturating_sub(self.chain.pruned);
                self.progress.set_position(done);
                let (chain, statements) = (&self.chain, &mut self.statements);
                self.verification
                    .get_or_insert_with(|| {
                        evidence.begin(chain.clone(), std::mem::take(statements))
                    })
                    .record(&record);
            }
        }
    }

    fn finish(self, evidence: &Evidence) -> Report {
        self.verification
            .unwrap_or_else(|| evidence.begin(self.chain, self.statements))
            .finish()
    }
}

fn value(report: &Report) -> Value {
    let findings = report.findings.iter().map(|finding| {
        json!({
            "sequence": finding.sequence,
            "fault": format!("{:?}", finding.fault),
            "detail": finding.fault.to_string(),
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
        "untrusted_keys": report.untrusted.iter().map(named).collect::<Vec<_>>(),
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
        if !report.untrusted.is_empty() {
            let keys: Vec<_> = report.untrusted.iter().map(named).collect();
            lines.push(format!(
                "note: there are checkpoints by keys that no --checkpoint-key names. If one was the tenant's \
                 audit key before, as it was written down when it was made, give it too: {}",
                keys.join(", ")
            ));
        }
        for finding in &report.findings {
            lines.push(format!("FAILED  {finding}"));
        }
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
