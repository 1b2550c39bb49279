//! Every answer and its audit record, durable before the answer is released.
//!
//! ```text
//! Store::settle          claim, sign what is ours, commit, wait   here
//!   claim                once in this process                        claims.rs
//!     Lookup             answered before? another replica's?         lookup.rs
//!       Locks            advisory locks of one session               locks.rs
//!   commit               checks the message against the claim        signed.rs
//!     Writer             one transaction for all that waits          writer.rs
//!       KnownChains      the ends that this process wrote itself     known.rs
//!       Journal          a connection that writes                    journal.rs
//! hold                   what was attested before the start          evidence.rs
//! checkpoint, prune      what the HSM says of the log                attestation.rs, aging.rs
//! LogReader              the log, beside the service                 reader.rs
//! on!                    one statement for both databases            database.rs
//!                        what each says in its own way               sqlite.rs, postgres.rs
//! ```
//!
//! SQLite belongs to one process; several replicas share a PostgreSQL database. A request is
//! claimed before it is signed, so that of many callers that ask the same, one has it signed
//! and all get its bytes. A replica that dies gives its claims back by losing its connection.
//! Should two sign the same in spite of that (a connection lost while a signature is made),
//! the chain's lock and a unique constraint let one of them through, and both callers get the
//! stored bytes.
//!
//! A failure of the database releases nothing. The writer opens it again, several times a
//! second until it can; meanwhile claims are refused, before the HSM is asked. What was being
//! committed when the connection was lost may have been stored or not: who asks again gets
//! the stored bytes or a new signature.
//!
//! The database is not believed. A stored answer is released once its signature is verified. The
//! end of each chain must be the one that this process wrote, or continue it; where it is not,
//! nothing is signed, recorded or attested any more while the process lives.

mod aging;
mod attestation;
mod claims;
mod clock;
mod config;
mod database;
mod error;
mod evidence;
mod health;
mod journal;
mod known;
#[cfg(feature = "postgres")]
mod locks;
mod lookup;
mod metrics;
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
mod reader;
mod rows;
mod signed;
mod sqlite;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

pub use claims::{Answer, Claim, Ours, Theirs};
pub use config::StoreConfig;
pub use error::StoreError;
pub use evidence::Attested;
pub use metrics::StoreMetrics;
pub use reader::LogReader;
pub use rows::StatementRow;
pub use signed::{MAX_TEXT, Signed};

pub use crate::request::RequestKey;
pub use crate::stored_record::StoredRecord;

use crate::sync::{Mutex, locked};
use claims::{Claims, RequestState, StoredAnswer};
use config::Place;
use health::HealthBoard;
use journal::Journal;
use known::{KnownChains, TrustedKeys};
#[cfg(feature = "postgres")]
use locks::Locks;
use lookup::Lookup;
use writer::{Append, Job, Writer};

/// Jobs that may wait for the writer.
const QUEUE: usize = 4096;

/// Why a request of [`Store::settle`] has no answer.
#[derive(Debug)]
pub enum Unsettled<E> {
    /// The caller's own reason.
    NotSigned(E),
    /// The store's.
    Store(StoreError),
}

/// Answers and their records, in SQLite or PostgreSQL. See the [module](self).
pub struct Store {
    claims: Arc<Claims>,
    lookup: Lookup,
    reader: LogReader,
    /// For whoever asks from outside: such pages take nothing from lookups and checkpoints.
    pages: LogReader,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    trusted: TrustedKeys,
    board: Arc<HealthBoard>,
    metrics: StoreMetrics,
}

impl Store {
    /// Opens the store and brings its schema up to date. To be called in a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`]: the URL or the password cannot be used; another process has the SQLite
    /// database; the database cannot be reached, is of a newer version, or does not keep what
    /// it acknowledges.
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let place = config.place()?;
        let patience = Duration::from_millis(config.patience_ms);
        let mut journal = Journal::new(&place, patience).await?;
        journal.recover().await?;
        let reader = LogReader::new(&place, patience);
        let (claims, ended) = Claims::new(config.max_claims);
        let lookup = match &place {
            Place::Sqlite(_) => {
                // Claims have no locks here that would have to be given back.
                drop(ended);
                Lookup::Alone(reader.clone())
            }
            #[cfg(feature = "postgres")]
            Place::Postgres(options) => {
                let claims = Arc::clone(&claims);
                Lookup::Shared(Locks::start(options, patience, claims, ended))
            }
        };
        let board: Arc<HealthBoard> = Arc::default();
        let metrics = StoreMetrics::default();
        let (jobs, queue) = mpsc::channel(QUEUE);
        let shared = !matches!(place, Place::Sqlite(_));
        let trusted = TrustedKeys::default();
        let known = KnownChains::read(&mut journal, &reader, shared, Arc::clone(&trusted)).await?;
        let writer = Writer::new(
            journal,
            known,
            patience,
            Arc::clone(&board),
            metrics.clone(),
        );
        Ok(Self {
            claims,
            lookup,
            reader,
            pages: LogReader::new(&place, patience),
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(tokio::spawn(writer.run(queue)))),
            trusted,
            board,
            metrics,
        })
    }

    /// Reads the log of a store without serving from it: takes no lock, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the URL or the password cannot be used.
    pub fn log(config: &StoreConfig) -> Result<LogReader, StoreError> {
        let patience = Duration::from_millis(config.patience_ms);
        Ok(LogReader::new(&config.place()?, patience))
    }

    /// Has each request answered once: what was answered before gets the same bytes; what
    /// nobody else is signing is given to `sign`, by its place in `requests`, and committed;
    /// what another caller is signing is waited for. A result for each request, in order.
    ///
    /// `sign` gets the claims it is to sign, with their places, and gives for each place what
    /// is to be committed or why there is nothing; a place that it leaves out is not answered.
    /// It is called again when another caller gave up.
    pub async fn settle<E, S, F>(
        &self,
        requests: &[RequestKey],
        deadline: Instant,
        mut sign: S,
    ) -> Vec<Result<Answer, Unsettled<E>>>
    where
        S: FnMut(Vec<(usize, Ours)>) -> F,
        F: Future<Output = Vec<(usize, Result<Signed, E>)>>,
    {
        let mut results: Vec<Option<_>> = requests.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..requests.len()).collect();
        while !open.is_empty() {
            let asked: Vec<RequestKey> = open.iter().map(|at| requests[*at].clone()).collect();
            let mut ours = Vec::new();
            let mut theirs = Vec::new();
            for (at, claim) in open.drain(..).zip(self.claim(&asked, deadline).await) {
                match claim {
                    Ok(Claim::Answered(answer)) => results[at] = Some(Ok(answer)),
                    Ok(Claim::Ours(claim)) => ours.push((at, claim)),
                    Ok(Claim::Theirs(claim)) => theirs.push((at, claim)),
                    Err(error) => results[at] = Some(Err(Unsettled::Store(error))),
                }
            }
            if !ours.is_empty() {
                let mut places = Vec::new();
                let mut committed = Vec::new();
                for (at, signed) in sign(ours).await {
                    match signed {
                        Ok(signed) => {
                            places.push(at);
                            committed.push(signed);
                        }
                        Err(error) => results[at] = Some(Err(Unsettled::NotSigned(error))),
                    }
                }
                for (at, result) in places.into_iter().zip(self.commit(committed).await) {
                    results[at] = Some(result.map_err(Unsettled::Store));
                }
            }
            for (at, claim) in theirs {
                match claim.wait(deadline).await {
                    Some(answer) => results[at] = Some(Ok(answer)),
                    None => open.push(at),
                }
            }
        }
        let unanswered = || Err(Unsettled::Store(StoreError::Closed));
        let answered = |result: Option<_>| result.unwrap_or_else(unanswered);
        results.into_iter().map(answered).collect()
    }

    /// Claims requests: a result for each, in order. It does not wait for other callers. Two
    /// claims of one request in the same call are ours once and theirs once.
    ///
    /// A [`Claim::Ours`] that is not committed must be dropped before a [`Claim::Theirs`] is
    /// waited for; [`settle`](Self::settle) does all that.
    pub async fn claim(
        &self,
        requests: &[RequestKey],
        deadline: Instant,
    ) -> Vec<Result<Claim, StoreError>> {
        let refused = if Instant::now() >= deadline {
            Err(StoreError::DeadlinePassed)
        } else {
            self.board.check()
        };
        if let Err(error) = refused {
            return requests.iter().map(|_| Err(error.clone())).collect();
        }
        let claim = |request| self.claims.claim(request).ok_or(StoreError::Full);
        let mut claims: Vec<_> = requests.iter().map(claim).collect();
        self.ask_database(&mut claims, deadline).await;
        for claim in claims.iter().flatten() {
            self.metrics.claimed(claim);
        }
        claims
    }

    /// Replaces the claims that this process has by what the database knows of them.
    async fn ask_database(&self, claims: &mut [Result<Claim, StoreError>], deadline: Instant) {
        let digest = |claim: &Result<Claim, _>| match claim {
            Ok(Claim::Ours(ours)) => Some(*ours.digest()),
            _ => None,
        };
        let digests: Vec<_> = claims.iter().filter_map(digest).collect();
        if digests.is_empty() {
            return;
        }
        let known = timeout_at(deadline.into(), self.lookup.look_up(digests)).await;
        let known = known.unwrap_or(Err(StoreError::DeadlinePassed));
        let (mut known, failure) = match known {
            Ok(known) => (known.into_iter(), StoreError::Closed),
            Err(error) => (Vec::new().into_iter(), error),
        };
        let mut stored = Vec::new();
        for claim in claims {
            if let Ok(Claim::Ours(_)) = claim {
                match known.next() {
                    Some(RequestState::Free) => {}
                    Some(RequestState::Answered(answer)) => stored.push((claim, answer)),
                    #[cfg(feature = "postgres")]
                    Some(RequestState::Elsewhere) => {
                        *claim = Ok(Claim::Theirs(Theirs::elsewhere()))
                    }
                    None => *claim = Err(failure.clone()),
                }
            }
        }
        self.check_answers(stored).await;
    }

    /// Replaces these claims by what was stored for them, where the key signed that. What is no
    /// answer stays to be signed again.
    async fn check_answers(&self, stored: Vec<(&mut Result<Claim, StoreError>, StoredAnswer)>) {
        let (mut claims, mut checks) = (Vec::new(), Vec::new());
        for (claim, answer) in stored {
            if let Ok(Claim::Ours(ours)) = claim {
                checks.push((ours.request().clone(), answer));
                claims.push(claim);
            }
        }
        if checks.is_empty() {
            return;
        }
        // A signature takes its time to be verified.
        let checking = tokio::task::spawn_blocking(|| {
            let checks = checks.into_iter();
            let checked = checks.map(|(request, answer)| (answer.is_to(&request), answer));
            checked.collect::<Vec<_>>()
        });
        for (claim, (good, answer)) in claims.into_iter().zip(checking.await.unwrap_or_default()) {
            if good {
                *claim = Ok(Claim::Answered(answer.answer));
            } else if let Ok(Claim::Ours(ours)) = claim {
                self.metrics.bad_answers.inc();
                let (tenant, sequence) = (&ours.request().tenant, answer.answer.sequence);
                tracing::error!(
                    tenant,
                    sequence,
                    "ALARM: a stored answer is not what was released: the removal is signed \
                     again; run: audit verify"
                );
            }
        }
    }

    /// Writes each message and its record; the answers are durable when this returns. All that
    /// is handed over is written in one transaction, or nothing of it. The message is read
    /// and must be what was claimed.
    ///
    /// A future that is dropped does not undo what was handed over.
    pub async fn commit(&self, signed: Vec<Signed>) -> Vec<Result<Answer, StoreError>> {
        let checked: Vec<_> = signed.iter().map(Signed::check).collect();
        let fit = signed.into_iter().zip(&checked);
        let fit = fit.filter_map(|(signed, checked)| checked.is_ok().then_some(signed));
        let mut written = self.write(fit.collect()).await.into_iter();
        let mut result = |()| written.next().unwrap_or(Err(StoreError::Closed));
        let results = checked.into_iter().map(|fit| fit.and_then(&mut result));
        results.collect()
    }

    async fn write(&self, signed: Vec<Signed>) -> Vec<Result<Answer, StoreError>> {
        if signed.is_empty() {
            return Vec::new();
        }
        let (reply, results) = oneshot::channel();
        // Where the writer is gone, so is `reply`.
        let _ = self.hand_over(Job::Append(Append { signed, reply })).await;
        results.await.unwrap_or_default()
    }

    async fn hand_over(&self, job: Job) -> Result<(), StoreError> {
        let jobs = locked(&self.jobs).clone().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)
    }

    /// Reads the log that this store writes.
    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// The same over connections of its own, for callers' reading of the log.
    pub fn pages(&self) -> &LogReader {
        &self.pages
    }

    /// Whether the last transaction was durable. Where it is not, claims are refused, and the
    /// database is tried again several times a second.
    ///
    /// # Errors
    /// The last failure.
    pub fn available(&self) -> Result<(), StoreError> {
        self.board.check()
    }

    /// What is counted and timed.
    pub fn metrics(&self) -> &StoreMetrics {
        &self.metrics
    }

    /// Requests that are claimed at present in this process.
    pub fn claimed(&self) -> usize {
        self.claims.count()
    }

    /// Writes what was handed over, and closes the database. Later calls find it closed.
    pub async fn close(&self) {
        // A SQLite database is whole in its one file once the writer is the last who has it open.
        self.reader.close().await;
        self.pages.close().await;
        drop(locked(&self.jobs).take());
        let writer = locked(&self.writer).take();
        if let Some(writer) = writer
            && writer.await.is_err()
        {
            tracing::error!("the store's writer panicked");
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("available", &self.available())
            .field("claimed", &self.claimed())
            .finish_non_exhaustive()
    }
}
