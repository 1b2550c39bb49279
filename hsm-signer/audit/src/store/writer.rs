//! The one task that writes: what arrives while a transaction is synced goes into the next one
//! together, so that many callers share a sync.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_message::hash::sha256;
use tokio::sync::{mpsc, oneshot};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::claims::Answer;
use super::clock::now;
use super::error::StoreError;
use super::health::HealthBoard;
use super::journal::Journal;
use super::known::{ChainEnd, KnownChains, assert_written};
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

/// How often the chains are looked at while nothing is written.
const WATCH: Duration = Duration::from_secs(1);

pub(super) enum Job {
    Append(Append),
    Keep {
        statement: SignedStatement,
        reply: oneshot::Sender<Result<(), StoreError>>,
    },
    /// Where a tenant's chain ends, once that is known to continue what was written.
    End {
        tenant: String,
        reply: oneshot::Sender<Result<Option<ChainEnd>, StoreError>>,
    },
}

/// Messages that were checked against their claims, to be written with their records.
pub(super) struct Append {
    pub(super) signed: Vec<Signed>,
    pub(super) reply: oneshot::Sender<Vec<Result<Answer, StoreError>>>,
}

pub(super) struct Writer {
    journal: Journal,
    known: KnownChains,
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
        known: KnownChains,
        patience: Duration,
        board: Arc<HealthBoard>,
        metrics: StoreMetrics,
    ) -> Self {
        Self {
            journal,
            known,
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
            let failed = self.board.check().is_err();
            let pause = if failed { PROBE } else { WATCH };
            match timeout(pause, jobs.recv()).await {
                Ok(Some(job)) => self.work(job, &mut jobs).await,
                Ok(None) => break,
                // Its failure is on the board already.
                Err(_) if failed => drop(self.recovered().await),
                Err(_) => drop(self.ends(&self.known.tenants()).await),
            }
        }
        self.journal.finish().await;
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
                Job::End { tenant, reply } => {
                    self.append(std::mem::take(&mut appends)).await;
                    let ends = self.ends(std::slice::from_ref(&tenant)).await;
                    let _ = reply.send(ends.map(|mut ends| ends.remove(&tenant)));
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
        if self.tried.elapsed() < PROBE || failure.is_final() {
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
    async fn outcome<T>(
        &mut self,
        done: Result<Result<T, StoreError>, Elapsed>,
    ) -> Result<T, StoreError> {
        let late = "the transaction was not done in time";
        let done = done.unwrap_or_else(|_| Err(StoreError::unavailable(late)));
        if let Err(error) = &done {
            // The first attempt to recover comes at once.
            self.tried = Instant::now().checked_sub(PROBE).unwrap_or(self.tried);
            self.metrics.failures.inc();
            if error.is_final() {
                self.metrics.rewritten.inc();
                // What was begun must keep nobody waiting; and what is in a log that was removed
                // is nowhere else.
                self.journal.finish().await;
            }
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
        let writing = write(&mut self.journal, &mut self.known, &self.fips, signed);
        let done = timeout(self.patience, writing).await;
        self.outcome(done).await
    }

    /// Where these tenants' chains end, once that is what is known of them or continues it.
    async fn ends(&mut self, tenants: &[String]) -> Result<HashMap<String, ChainEnd>, StoreError> {
        self.recovered().await?;
        let (journal, known) = (&mut self.journal, &mut self.known);
        let done = timeout(self.patience, async {
            journal.begin_reading().await?;
            let found = journal.chains_now(tenants).await?;
            let ends = known.follow(journal, tenants, found).await?;
            journal.commit().await?;
            Ok(ends)
        });
        let done = done.await;
        self.outcome(done).await
    }

    async fn keep(&mut self, statement: &SignedStatement) -> Result<(), StoreError> {
        self.recovered().await?;
        let keeping = keep(&mut self.journal, &mut self.known, statement);
        let done = timeout(self.patience, keeping).await;
        self.outcome(done).await
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
    known: &mut KnownChains,
    fips: &FipsMark,
    signed: &[&Signed],
) -> Result<Written, StoreError> {
    journal.begin().await?;
    let mut ends = ends(journal, known, signed).await?;
    // After the chains are held: nobody can add an answer for these tenants now.
    let requests: Vec<Digest> = signed.iter().map(|signed| *signed.claim.digest()).collect();
    let stored = journal.answers(&requests).await?;
    let mut rows = Vec::with_capacity(signed.len());
    let mut answers = Vec::with_capacity(signed.len());
    for signed in signed {
        let request = signed.claim.request();
        let digest = signed.claim.digest();
        if let Some(answer) = stored.get(digest) {
            if answer.is_to(request) {
                answers.push(answer.answer.clone());
                continue;
            }
            journal.set_aside(digest).await?;
        }
        let missing = || StoreError::Corrupt("a tenant without a chain".into());
        let end = ends.get_mut(&request.tenant).ok_or_else(missing)?;
        let row = row(signed, fips, end)?;
        answers.push(Answer {
            message: row.message.clone(),
            proposal_ref: row.proposal_ref.clone(),
            sequence: end.chain.sequence,
        });
        rows.push(row);
    }
    if !rows.is_empty() {
        journal.add_rows(&rows).await?;
        let moved: Vec<Chain> = ends.values().map(|end| end.chain.clone()).collect();
        journal.move_chains(&moved).await?;
        // Before an answer is released.
        for chain in &moved {
            let rows = rows.iter().filter(|row| row.tenant == chain.tenant);
            assert_written(journal, &chain.tenant, &Vec::from_iter(rows)).await?;
        }
    }
    let ends: Vec<ChainEnd> = ends.into_values().collect();
    known.expect(&ends);
    let sync = journal.commit().await?;
    known.committed(ends);
    Ok(Written {
        answers,
        records: rows.len(),
        sync,
    })
}

/// Where the chains end of all tenants that something is written for, begun where there are none.
async fn ends(
    journal: &mut Journal,
    known: &mut KnownChains,
    signed: &[&Signed],
) -> Result<HashMap<String, ChainEnd>, StoreError> {
    let tenants = signed
        .iter()
        .map(|signed| signed.claim.request().tenant.clone());
    let tenants: Vec<String> = tenants.collect::<BTreeSet<_>>().into_iter().collect();
    let found = journal.chains(&tenants).await?;
    let mut ends = known.follow(journal, &tenants, found).await?;
    let unknown: Vec<String> = tenants
        .into_iter()
        .filter(|name| !ends.contains_key(name))
        .collect();
    for tenant in &unknown {
        let chain = Chain::begin(tenant).ok_or(StoreError::Random)?;
        tracing::warn!(tenant, "no audit chain: one is begun");
        journal.add_chain(&chain).await?;
    }
    // Another replica may have begun one first. What is begun here is not known before it is
    // committed.
    if !unknown.is_empty() {
        for chain in journal.chains(&unknown).await? {
            let end = ChainEnd::read(journal, chain).await?;
            ends.insert(end.chain.tenant.clone(), end);
        }
    }
    Ok(ends)
}

fn row(signed: &Signed, fips: &FipsMark, end: &mut ChainEnd) -> Result<Row, StoreError> {
    let request = signed.claim.request();
    let message = signed.proposal.message();
    let chain = &mut end.chain;
    // The clock may have been set back, or another replica's be ahead.
    end.time = end.time.max(now());
    let record = Record {
        chain_id: chain.id,
        sequence: chain.sequence + 1,
        time: end.time,
        tenant: request.tenant.clone(),
        caller: signed.caller.clone(),
        request_id: signed.request_id.clone(),
        key_label: signed.key_label.clone(),
        key_fingerprint: sha256(&request.key.public_key),
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
async fn keep(
    journal: &mut Journal,
    known: &mut KnownChains,
    signed: &SignedStatement,
) -> Result<(), StoreError> {
    journal.begin().await?;
    journal.add_statement(signed).await?;
    let statement = &signed.statement;
    let mut moved = Vec::new();
    if statement.kind == Kind::Pruning {
        let tenant = std::slice::from_ref(&statement.tenant);
        let found = journal.chains(tenant).await?;
        let mut ends = known.follow(journal, tenant, found).await?;
        let meant = ends.remove(&statement.tenant).filter(|end| {
            end.chain.id == statement.chain_id && end.chain.sequence >= statement.sequence
        });
        let gone = || StoreError::Corrupt("a chain that is gone".into());
        let mut end = meant.ok_or_else(gone)?;
        let chain = &mut end.chain;
        chain.pruned = statement.sequence;
        chain.anchor = statement.head;
        journal.remove_rows(&chain.tenant, chain.pruned).await?;
        journal.move_chains(std::slice::from_ref(chain)).await?;
        moved.push(end);
    }
    known.expect(&moved);
    journal.commit().await?;
    known.committed(moved);
    Ok(())
}
