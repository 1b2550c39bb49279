//! The one task that writes: what arrives while a transaction is synced goes into the next one
//! together, so that many callers share a sync.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::claims::{Answer, Ours};
use super::error::StoreError;
use super::health::HealthBoard;
use super::journal::{Journal, Row};
use super::metrics::Metrics;
use crate::Caller;
use crate::Kind;
use crate::Record;
use crate::SignedStatement;
use crate::chain::Chain;
use crate::fips::FipsMark;
use crate::request::Digest;
use mls_signer_message::hash::sha256;
use mls_signer_message::scheme::Scheme;

/// The most records in one transaction.
const MOST_RECORDS: usize = 1000;

/// How often a database that failed is tried again.
const PROBE: Duration = Duration::from_millis(250);

/// A signed message, checked against its claim, and what is to be written about it.
pub(super) struct Entry {
    pub(super) ours: Ours,
    pub(super) message: Vec<u8>,
    pub(super) signature_hash: [u8; 32],
    pub(super) proposal_ref: Vec<u8>,
    pub(super) caller: Caller,
    pub(super) request_id: String,
    pub(super) key_label: String,
    pub(super) scheme: &'static Scheme,
    pub(super) source: String,
}

type Results = Vec<Result<Answer, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Job {
    Append {
        entries: Vec<Entry>,
        handed: Instant,
        reply: oneshot::Sender<Results>,
    },
    Keep {
        statement: SignedStatement,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
}

struct Append {
    entries: Vec<Entry>,
    handed: Instant,
    reply: oneshot::Sender<Results>,
}

/// The writer's state.
pub(super) struct Writer<J> {
    journal: J,
    patience: Duration,
    board: Arc<HealthBoard>,
    metrics: Arc<Metrics>,
    /// Of this process, for every record that it writes.
    fips: FipsMark,
    broken: bool,
    tried: Instant,
}

/// What became of a transaction's entries, in order.
struct Written {
    answers: Vec<Answer>,
    records: usize,
    sync: Duration,
}

impl<J: Journal> Writer<J> {
    /// A writer over a journal that has been opened.
    pub(super) fn new(
        journal: J,
        patience: Duration,
        board: Arc<HealthBoard>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            journal,
            patience,
            board,
            metrics,
            fips: FipsMark::of_process(),
            broken: false,
            tried: Instant::now(),
        }
    }

    /// Works until nobody is left who could ask; then closes the database.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            let next = if self.broken {
                match timeout(PROBE, jobs.recv()).await {
                    Ok(next) => next,
                    Err(_) => {
                        let _ = self.recovered().await;
                        continue;
                    }
                }
            } else {
                jobs.recv().await
            };
            let Some(job) = next else { break };
            self.work(job, &mut jobs).await;
        }
        self.journal.close().await;
    }

    /// Does `job`, and with it what else is waiting and can share its transaction.
    async fn work(&mut self, job: Job, jobs: &mut mpsc::Receiver<Job>) {
        let mut next = Some(job);
        let mut appends = Vec::new();
        let mut count = 0;
        while let Some(job) = next.take() {
            match job {
                Job::Append {
                    entries,
                    handed,
                    reply,
                } => {
                    count += entries.len();
                    appends.push(Append {
                        entries,
                        handed,
                        reply,
                    });
                    if count < MOST_RECORDS {
                        next = jobs.try_recv().ok();
                    }
                }
                Job::Keep { statement, reply } => {
                    self.append(std::mem::take(&mut appends)).await;
                    let kept = self.keep(&statement).await;
                    let _ = reply.send(kept);
                }
            }
        }
        self.append(appends).await;
    }

    /// Opens the database again if it failed.
    async fn recovered(&mut self) -> Result<(), StoreError> {
        if !self.broken {
            return Ok(());
        }
        if self.tried.elapsed() < PROBE {
            return Err(self.board.reason());
        }
        let recovered = timeout(self.patience, self.journal.recover()).await;
        self.tried = Instant::now();
        match recovered.unwrap_or(Err(StoreError::unavailable("it does not answer"))) {
            Ok(()) => {
                self.broken = false;
                self.metrics.recovered();
                self.board.available();
                Ok(())
            }
            Err(error) => {
                self.board.failed(&error);
                Err(error)
            }
        }
    }

    fn fail(&mut self, error: &StoreError) {
        self.broken = true;
        // The first attempt to recover comes at once.
        self.tried = Instant::now().checked_sub(PROBE).unwrap_or(self.tried);
        self.metrics.failed();
        self.board.failed(error);
    }

    async fn append(&mut self, appends: Vec<Append>) {
        if appends.is_empty() {
            return;
        }
        let entries: Vec<&Entry> = appends.iter().flat_map(|append| &append.entries).collect();
        let written = match self.recovered().await {
            Ok(()) => self.attempt_rows(&entries).await,
            Err(error) => Err(error),
        };
        match written {
            Ok(written) => {
                let raced = entries.len() - written.records;
                self.metrics.written(written.records, raced, written.sync);
                self.release(appends, written.answers);
            }
            Err(error) => refuse(appends, &error),
        }
    }

    /// Gives the answers, which are durable, to those who asked and those who wait.
    fn release(&self, appends: Vec<Append>, answers: Vec<Answer>) {
        let mut answers = answers.into_iter();
        for append in appends {
            let mut results = Vec::with_capacity(append.entries.len());
            for (entry, answer) in append.entries.into_iter().zip(&mut answers) {
                entry.ours.answered(&answer);
                results.push(Ok(answer));
            }
            self.metrics.committed(append.handed.elapsed());
            let _ = append.reply.send(results);
        }
    }

    async fn attempt_rows(&mut self, entries: &[&Entry]) -> Result<Written, StoreError> {
        let patience = self.patience;
        let late = Err(StoreError::unavailable(
            "the transaction was not done in time",
        ));
        let written = timeout(patience, write(&mut self.journal, &self.fips, entries)).await;
        let written = written.unwrap_or(late);
        if let Err(error) = &written {
            self.fail(error);
        }
        written
    }

    async fn keep(&mut self, statement: &SignedStatement) -> Result<(), StoreError> {
        self.recovered().await?;
        let late = Err(StoreError::unavailable(
            "the transaction was not done in time",
        ));
        let kept = timeout(self.patience, keep(&mut self.journal, statement)).await;
        let kept = kept.unwrap_or(late);
        if let Err(error) = &kept {
            self.fail(error);
        }
        kept
    }
}

fn refuse(appends: Vec<Append>, error: &StoreError) {
    for append in appends {
        let refused = append.entries.iter().map(|_| Err(error.clone()));
        let _ = append.reply.send(refused.collect());
    }
}

/// Writes the entries in one transaction. An entry whose request has an answer by now gets
/// that one, and its own signature is not released.
async fn write<J: Journal>(
    journal: &mut J,
    fips: &FipsMark,
    entries: &[&Entry],
) -> Result<Written, StoreError> {
    journal.begin().await?;
    let mut chains = chains(journal, entries).await?;
    // After the chains are held: nobody can add an answer for these tenants now.
    let requests: Vec<Digest> = entries.iter().map(|entry| *entry.ours.digest()).collect();
    let stored = journal.answers(&requests).await?;
    let mut rows = Vec::with_capacity(entries.len());
    let mut answers = Vec::with_capacity(entries.len());
    for entry in entries {
        if let Some(answer) = stored.get(entry.ours.digest()) {
            answers.push(answer.clone().checked(entry.ours.request())?);
            continue;
        }
        let missing = || StoreError::Corrupt("a tenant without a chain".into());
        let tenant = &entry.ours.request().tenant;
        let chain = chains.get_mut(tenant).ok_or_else(missing)?;
        let row = row(entry, fips, chain);
        answers.push(Answer {
            message: row.message.clone(),
            proposal_ref: row.proposal_ref.clone(),
            sequence: row.sequence,
        });
        rows.push(row);
    }
    if !rows.is_empty() {
        journal.add_rows(&rows).await?;
        let moved: Vec<Chain> = chains.into_values().collect();
        journal.move_chains(&moved).await?;
    }
    let sync = journal.commit().await?;
    Ok(Written {
        answers,
        records: rows.len(),
        sync,
    })
}

/// The chains of the entries' tenants, begun where there are none.
async fn chains<J: Journal>(
    journal: &mut J,
    entries: &[&Entry],
) -> Result<HashMap<String, Chain>, StoreError> {
    let tenants = entries.iter().map(|entry| &entry.ours.request().tenant);
    let tenants: BTreeSet<&String> = tenants.collect();
    let tenants: Vec<String> = tenants.into_iter().cloned().collect();
    let mut chains = journal.chains(&tenants).await?;
    if chains.len() < tenants.len() {
        for tenant in &tenants {
            if chains.iter().all(|chain| &chain.tenant != tenant) {
                let chain = Chain::begin(tenant).ok_or(StoreError::Random)?;
                tracing::warn!(tenant, "no audit chain: one is begun");
                journal.add_chain(&chain).await?;
            }
        }
        chains = journal.chains(&tenants).await?;
    }
    let named = chains
        .into_iter()
        .map(|chain| (chain.tenant.clone(), chain));
    Ok(named.collect())
}

/// The next row of `chain`.
fn row(entry: &Entry, fips: &FipsMark, chain: &mut Chain) -> Row {
    let request = entry.ours.request();
    let record = Record {
        chain_id: chain.id,
        sequence: chain.sequence + 1,
        time: now(),
        tenant: request.tenant.clone(),
        caller: entry.caller.clone(),
        request_id: entry.request_id.clone(),
        key_label: entry.key_label.clone(),
        key_fingerprint: request.key.0,
        scheme: entry.scheme.signature_scheme,
        source: entry.source.clone(),
        removal: request.removal.clone(),
        proposal_ref: entry.proposal_ref.clone(),
        signature_hash: entry.signature_hash,
        message_hash: sha256(&entry.message),
        fips: fips.clone(),
    };
    let encoded = record.encode();
    let hash = chain.extend(&encoded);
    Row {
        tenant: record.tenant,
        sequence: record.sequence,
        request: *entry.ours.digest(),
        encoded,
        hash,
        message: entry.message.clone(),
        proposal_ref: record.proposal_ref,
    }
}

/// Keeps a statement; after one of pruning removes what it speaks of.
async fn keep<J: Journal>(journal: &mut J, signed: &SignedStatement) -> Result<(), StoreError> {
    journal.begin().await?;
    journal.add_statement(signed).await?;
    let statement = &signed.statement;
    if statement.kind == Kind::Pruning {
        let chains = journal
            .chains(std::slice::from_ref(&statement.tenant))
            .await?;
        let chain = chains.into_iter().next();
        let corrupt = || StoreError::Corrupt("a chain that is gone".into());
        let mut chain = chain.ok_or_else(corrupt)?;
        if chain.id != statement.chain_id || chain.sequence < statement.sequence {
            return Err(corrupt());
        }
        chain.pruned = statement.sequence;
        chain.anchor = statement.head;
        journal.remove_rows(&chain.tenant, chain.pruned).await?;
        journal.move_chains(&[chain]).await?;
    }
    journal.commit().await.map(drop)
}

/// Milliseconds since 1 January 1970, UTC.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
