//! The one task that writes: what arrives while a transaction is synced goes into the next one
//! together, so that many callers share a sync.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mls_signer_message::hash::sha256;
use tokio::sync::{mpsc, oneshot};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::claims::Answer;
use super::error::StoreError;
use super::health::HealthBoard;
use super::journal::Journal;
use super::metrics::StoreMetrics;
use super::rows::{self, Row};
use super::signed::Signed;
use crate::chain::Chain;
use crate::request::Digest;
use crate::{FipsMark, Kind, Record, SignedStatement};

/// The most records in one transaction.
const MOST_RECORDS: usize = 1000;

/// How often a database that failed is tried again.
const PROBE: Duration = Duration::from_millis(250);

pub(super) enum Job {
    Append(Append),
    Keep {
        statement: SignedStatement,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
}

/// Messages that were checked against their claims, to be written with their records.
pub(super) struct Append {
    pub(super) signed: Vec<Signed>,
    pub(super) reply: oneshot::Sender<Vec<Result<Answer, StoreError>>>,
}

pub(super) struct Writer {
    journal: Journal,
    patience: Duration,
    board: Arc<HealthBoard>,
    metrics: StoreMetrics,
    /// Of this process, for every record that it writes.
    fips: FipsMark,
    tried: Instant,
}

struct Written {
    answers: Vec<Answer>,
    records: usize,
    sync: Duration,
}

impl Writer {
    /// A writer over a journal that has been opened.
    pub(super) fn new(
        journal: Journal,
        patience: Duration,
        board: Arc<HealthBoard>,
        metrics: StoreMetrics,
    ) -> Self {
        Self {
            journal,
            patience,
            board,
            metrics,
            fips: FipsMark::of_process(),
            tried: Instant::now(),
        }
    }

    /// Works until nobody is left who could ask; then closes the database.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            let next = if self.board.check().is_err() {
                timeout(PROBE, jobs.recv()).await
            } else {
                Ok(jobs.recv().await)
            };
            match next {
                Ok(Some(job)) => self.work(job, &mut jobs).await,
                Ok(None) => break,
                // Its failure is on the board already.
                Err(_) => drop(self.recovered().await),
            }
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
                Job::Append(append) => {
                    count += append.signed.len();
                    appends.push(append);
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
        let Err(failure) = self.board.check() else {
            return Ok(());
        };
        if self.tried.elapsed() < PROBE {
            return Err(failure);
        }
        let recovered = self.journal.recover().await;
        self.tried = Instant::now();
        match &recovered {
            Ok(()) => {
                self.metrics.recoveries.inc();
                self.board.available();
            }
            Err(error) => self.board.failed(error),
        }
        recovered
    }

    /// What became of a transaction. After one that failed, or was not done in time, the
    /// database has to be opened again.
    fn outcome<T>(
        &mut self,
        done: Result<Result<T, StoreError>, Elapsed>,
    ) -> Result<T, StoreError> {
        let late = "the transaction was not done in time";
        let done = done.unwrap_or_else(|_| Err(StoreError::unavailable(late)));
        if let Err(error) = &done {
            // The first attempt to recover comes at once.
            self.tried = Instant::now().checked_sub(PROBE).unwrap_or(self.tried);
            self.metrics.failures.inc();
            self.board.failed(error);
        }
        done
    }

    async fn append(&mut self, appends: Vec<Append>) {
        if appends.is_empty() {
            return;
        }
        let signed: Vec<&Signed> = appends.iter().flat_map(|append| &append.signed).collect();
        match self.written(&signed).await {
            Ok(written) => {
                let raced = signed.len() - written.records;
                self.metrics.written(written.records, raced, written.sync);
                release(appends, written.answers);
            }
            Err(error) => {
                for append in appends {
                    let refused = append.signed.iter().map(|_| Err(error.clone()));
                    let _ = append.reply.send(refused.collect());
                }
            }
        }
    }

    async fn written(&mut self, signed: &[&Signed]) -> Result<Written, StoreError> {
        self.recovered().await?;
        let writing = write(&mut self.journal, &self.fips, signed);
        let done = timeout(self.patience, writing).await;
        self.outcome(done)
    }

    async fn keep(&mut self, statement: &SignedStatement) -> Result<(), StoreError> {
        self.recovered().await?;
        let keeping = keep(&mut self.journal, statement);
        let done = timeout(self.patience, keeping).await;
        self.outcome(done)
    }
}

/// Gives the answers, which are durable, to those who asked and those who wait.
fn release(appends: Vec<Append>, answers: Vec<Answer>) {
    let mut answers = answers.into_iter();
    for append in appends {
        let mut results = Vec::with_capacity(append.signed.len());
        for (signed, answer) in append.signed.into_iter().zip(&mut answers) {
            signed.claim.answered(&answer);
            results.push(Ok(answer));
        }
        let _ = append.reply.send(results);
    }
}

/// Writes all in one transaction. What has an answer by now gets that one, and its own
/// signature is not released.
async fn write(
    journal: &mut Journal,
    fips: &FipsMark,
    signed: &[&Signed],
) -> Result<Written, StoreError> {
    journal.begin().await?;
    let mut chains = chains(journal, signed).await?;
    // After the chains are held: nobody can add an answer for these tenants now.
    let requests: Vec<Digest> = signed.iter().map(|signed| *signed.claim.digest()).collect();
    let stored = journal.answers(&requests).await?;
    let mut rows = Vec::with_capacity(signed.len());
    let mut answers = Vec::with_capacity(signed.len());
    for signed in signed {
        let request = signed.claim.request();
        if let Some(answer) = stored.get(signed.claim.digest()) {
            answers.push(answer.clone().checked(request)?);
            continue;
        }
        let missing = || StoreError::Corrupt("a tenant without a chain".into());
        let chain = chains.get_mut(&request.tenant).ok_or_else(missing)?;
        let row = row(signed, fips, chain)?;
        answers.push(Answer {
            message: row.message.clone(),
            proposal_ref: row.proposal_ref.clone(),
            sequence: chain.sequence,
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

/// The chains of all tenants that something is written for, begun where there are none.
async fn chains(
    journal: &mut Journal,
    signed: &[&Signed],
) -> Result<HashMap<String, Chain>, StoreError> {
    let tenants = signed
        .iter()
        .map(|signed| signed.claim.request().tenant.clone());
    let tenants: Vec<String> = tenants.collect::<BTreeSet<_>>().into_iter().collect();
    let mut chains = journal.chains(&tenants).await?;
    if chains.len() < tenants.len() {
        for tenant in &tenants {
            if chains.iter().all(|chain| &chain.tenant != tenant) {
                let chain = Chain::begin(tenant).ok_or(StoreError::Random)?;
                tracing::warn!(tenant, "no audit chain: one is begun");
                journal.add_chain(&chain).await?;
            }
        }
        // Another replica may have begun one first.
        chains = journal.chains(&tenants).await?;
    }
    let named = |chain: Chain| (chain.tenant.clone(), chain);
    Ok(chains.into_iter().map(named).collect())
}

fn row(signed: &Signed, fips: &FipsMark, chain: &mut Chain) -> Result<Row, StoreError> {
    let request = signed.claim.request();
    let message = signed.proposal.message();
    let record = Record {
        chain_id: chain.id,
        sequence: chain.sequence + 1,
        time: now(),
        tenant: request.tenant.clone(),
        caller: signed.caller.clone(),
        request_id: signed.request_id.clone(),
        key_label: signed.key_label.clone(),
        key_fingerprint: request.key_fingerprint,
        scheme: signed.scheme.signature_scheme,
        source: signed.source.clone(),
        removal: request.removal.clone(),
        proposal_ref: signed.proposal.proposal_ref(signed.scheme.reference_hash),
        signature_hash: sha256(signed.proposal.signature()),
        message_hash: sha256(message),
        fips: fips.clone(),
    };
    let encoded = record.encode();
    let hash = chain.extend(&encoded);
    Ok(Row {
        tenant: record.tenant,
        sequence: rows::signed(chain.sequence)?,
        request: *signed.claim.digest(),
        encoded,
        hash,
        message: message.to_vec(),
        proposal_ref: record.proposal_ref,
    })
}

/// Keeps a statement; after one of pruning removes what it speaks of.
async fn keep(journal: &mut Journal, signed: &SignedStatement) -> Result<(), StoreError> {
    journal.begin().await?;
    journal.add_statement(signed).await?;
    let statement = &signed.statement;
    if statement.kind == Kind::Pruning {
        let tenant = std::slice::from_ref(&statement.tenant);
        let chain = journal.chains(tenant).await?.pop();
        let meant = chain
            .filter(|chain| chain.id == statement.chain_id && chain.sequence >= statement.sequence);
        let gone = || StoreError::Corrupt("a chain that is gone".into());
        let mut chain = meant.ok_or_else(gone)?;
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
    since.map_or(0, |since| since.as_millis() as u64)
}
