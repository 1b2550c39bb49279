//! Every answer and its audit record, durable before the answer is released.
//!
//! ```text
//! settle                 claim, sign what is ours, commit, wait   settle.rs
//!   claim                once in this process                        claims.rs
//!     Lookup             answered before? another replica's?         lookup.rs
//!       Locks            advisory locks of one session               locks.rs
//!   commit               checks the message against the claim        here
//!     Writer             one transaction for all that waits          writer.rs
//!       Journal          a connection that writes                    sqlite.rs, postgres.rs
//! checkpoint, prune      what the HSM says of the log                statements.rs
//! LogReader              the log, beside the service                 reader.rs
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

mod claims;
mod config;
mod error;
mod health;
mod journal;
#[cfg(feature = "postgres")]
mod locks;
mod lookup;
mod metrics;
mod migrations;
#[cfg(feature = "postgres")]
mod postgres;
mod reader;
mod settle;
mod sqlite;
mod statements;
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
pub use health::StoreHealth;
pub use metrics::{HistogramSnapshot, MetricsSnapshot, SIZE_BOUNDS, TIME_BOUNDS};
pub use reader::LogReader;
pub use settle::Unsettled;
pub use statements::MOST_PRUNED;

use crate::Caller;
pub use crate::request::{Fingerprint, RequestKey};
pub use crate::stored_record::StoredRecord;
use crate::sync::{Mutex, locked};
use claims::Claims;
use config::Place;
use health::HealthBoard;
use journal::Journal;
#[cfg(feature = "postgres")]
use locks::Locks;
use lookup::{Known, Lookup};
use metrics::Metrics;
use mls_signer_message::hash::sha256;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::signed_removal::SignedRemoval;
#[cfg(feature = "postgres")]
use postgres::PostgresJournal;
use reader::Pool;
use sqlite::SqliteJournal;
use writer::{Entry, Job, Writer};

/// Longest text in a record, in bytes.
pub const MAX_TEXT: usize = 1024;

/// Jobs that may wait for the writer.
const QUEUE: usize = 4096;

/// A message that was signed, and what the audit is to know of it.
#[derive(Debug)]
pub struct Signed {
    /// The right by which it was signed.
    pub claim: Ours,
    /// What was signed.
    pub proposal: SignedRemoval,
    /// Who asked. All texts have at most [`MAX_TEXT`] bytes.
    pub caller: Caller,
    /// The name of the request.
    pub request_id: String,
    /// The key's label.
    pub key_label: String,
    /// The key's scheme.
    pub scheme: &'static Scheme,
    /// The token that signed, as the configuration names it.
    pub source: String,
}

/// Answers and their records, in SQLite or PostgreSQL. See the [module](self).
pub struct Store {
    claims: Arc<Claims>,
    lookup: Lookup,
    reader: LogReader,
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    board: Arc<HealthBoard>,
    metrics: Arc<Metrics>,
}

impl Store {
    /// Opens the store and brings its schema up to date. To be called in a tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`]: the URL or the password cannot be used; another process has the SQLite
    /// database; the database cannot be reached, is of a newer version, or does not keep what
    /// it acknowledges.
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let (claims, ended) = Claims::new(config.max_claims);
        let metrics: Arc<Metrics> = Arc::default();
        match config.place()? {
            Place::Sqlite(path) => {
                // Claims have no locks here that would have to be given back.
                drop(ended);
                let journal = opened(SqliteJournal::new(&path)?, config.patience).await?;
                let reader = LogReader::new(Pool::Sqlite(sqlite::readers(&path)));
                let lookup = Lookup::Alone(reader.clone());
                Ok(Self::start(
                    config, journal, claims, lookup, reader, metrics,
                ))
            }
            #[cfg(feature = "postgres")]
            Place::Postgres(options) => {
                let journal = PostgresJournal::new(&options, config.patience);
                let journal = opened(journal, config.patience).await?;
                let pool = postgres::readers(&options, config.patience);
                let reader = LogReader::new(Pool::Postgres(pool));
                let shared = Arc::clone(&claims);
                let locks = Locks::start(&options, config.patience, shared, ended);
                let lookup = Lookup::Shared(locks);
                Ok(Self::start(
                    config, journal, claims, lookup, reader, metrics,
                ))
            }
        }
    }

    /// Reads the log of a store without serving from it: takes no lock, and changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the URL or the password cannot be used.
    pub fn log(config: &StoreConfig) -> Result<LogReader, StoreError> {
        Ok(LogReader::new(match config.place()? {
            Place::Sqlite(path) => Pool::Sqlite(sqlite::readers(&path)),
            #[cfg(feature = "postgres")]
            Place::Postgres(options) => {
                Pool::Postgres(postgres::readers(&options, config.patience))
            }
        }))
    }

    fn start<J: Journal>(
        config: &StoreConfig,
        journal: J,
        claims: Arc<Claims>,
        lookup: Lookup,
        reader: LogReader,
        metrics: Arc<Metrics>,
    ) -> Self {
        let board: Arc<HealthBoard> = Arc::default();
        let (jobs, queue) = mpsc::channel(QUEUE);
        let shared = (Arc::clone(&board), Arc::clone(&metrics));
        let writer = Writer::new(journal, config.patience, shared.0, shared.1);
        Self {
            claims,
            lookup,
            reader,
            jobs: Mutex::new(Some(jobs)),
            writer: Mutex::new(Some(tokio::spawn(writer.run(queue)))),
            board,
            metrics,
        }
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
        let begun = Instant::now();
        if let Err(error) = self.may_claim(deadline) {
            return requests.iter().map(|_| Err(error.clone())).collect();
        }
        let claimed = requests.iter().map(|request| self.claims.claim(request));
        let mut claims: Vec<_> = claimed.map(|claim| claim.ok_or(StoreError::Full)).collect();
        self.ask_database(&mut claims, deadline).await;
        self.count(&claims, begun);
        claims
    }

    fn may_claim(&self, deadline: Instant) -> Result<(), StoreError> {
        if Instant::now() >= deadline {
            return Err(StoreError::DeadlinePassed);
        }
        self.board.check()
    }

    /// Replaces the claims that this process has by what the database knows of them.
    async fn ask_database(&self, claims: &mut [Result<Claim, StoreError>], deadline: Instant) {
        let digests = claims.iter().filter_map(|claim| match claim {
            Ok(Claim::Ours(ours)) => Some(*ours.digest()),
            _ => None,
        });
        let digests: Vec<_> = digests.collect();
        if digests.is_empty() {
            return;
        }
        let known = timeout_at(deadline.into(), self.lookup.look_up(digests)).await;
        let known = known.unwrap_or(Err(StoreError::DeadlinePassed));
        let (mut known, failure) = match known {
            Ok(known) => (known.into_iter(), StoreError::Closed),
            Err(error) => (Vec::new().into_iter(), error),
        };
        for claim in claims {
            if let Ok(Claim::Ours(ours)) = claim {
                match known.next() {
                    Some(Known::Free) => {}
                    Some(Known::Answered(answer)) => {
                        *claim = answer.checked(ours.request()).map(Claim::Answered);
                    }
                    #[cfg(feature = "postgres")]
                    Some(Known::Elsewhere) => *claim = Ok(Claim::Theirs(Theirs::elsewhere())),
                    None => *claim = Err(failure.clone()),
                }
            }
        }
    }

    fn count(&self, claims: &[Result<Claim, StoreError>], begun: Instant) {
        let (mut answered, mut ours, mut theirs) = (0, 0, 0);
        for claim in claims.iter().flatten() {
            match claim {
                Claim::Answered(_) => answered += 1,
                Claim::Ours(_) => ours += 1,
                Claim::Theirs(_) => theirs += 1,
            }
        }
        self.metrics
            .claimed(answered, ours, theirs, begun.elapsed());
    }

    /// Writes each message and its record; the answers are durable when this returns. All that
    /// is handed over is written in one transaction, or nothing of it. The message is read
    /// and must be what was claimed.
    ///
    /// A future that is dropped does not undo what was handed over.
    pub async fn commit(&self, signed: Vec<Signed>) -> Vec<Result<Answer, StoreError>> {
        let mut results: Vec<_> = Vec::with_capacity(signed.len());
        let mut entries = Vec::with_capacity(signed.len());
        for signed in signed {
            match entry(signed) {
                Ok(entry) => {
                    entries.push(entry);
                    results.push(None);
                }
                Err(error) => results.push(Some(Err(error))),
            }
        }
        let count = entries.len();
        let written = self.write(entries).await;
        let mut written = written
            .unwrap_or_else(|error| vec![Err(error); count])
            .into_iter();
        let results = results.into_iter();
        results
            .map(|result| {
                result
                    .or_else(|| written.next())
                    .unwrap_or(Err(StoreError::Closed))
            })
            .collect()
    }

    async fn write(
        &self,
        entries: Vec<Entry>,
    ) -> Result<Vec<Result<Answer, StoreError>>, StoreError> {
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let (reply, results) = oneshot::channel();
        let handed = Instant::now();
        self.hand_over(Job::Append {
            entries,
            handed,
            reply,
        })
        .await?;
        results.await.map_err(|_| StoreError::Closed)
    }

    async fn hand_over(&self, job: Job) -> Result<(), StoreError> {
        let jobs = locked(&self.jobs).clone().ok_or(StoreError::Closed)?;
        jobs.send(job).await.map_err(|_| StoreError::Closed)
    }

    /// Reads the log that this store writes.
    pub fn reader(&self) -> &LogReader {
        &self.reader
    }

    /// How the store is.
    pub fn health(&self) -> StoreHealth {
        self.board.health()
    }

    /// What was counted.
    pub fn metrics(&self) -> MetricsSnapshot {
        self.metrics.snapshot()
    }

    /// Requests that are claimed at present in this process.
    pub fn claimed(&self) -> usize {
        self.claims.count()
    }

    /// Writes what was handed over, and closes the database. Later calls find it closed.
    pub async fn close(&self) {
        drop(locked(&self.jobs).take());
        let writer = locked(&self.writer).take();
        if let Some(writer) = writer
            && writer.await.is_err()
        {
            tracing::error!("the store's writer panicked");
        }
        self.reader.close().await;
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("health", &self.health())
            .field("claimed", &self.claimed())
            .finish_non_exhaustive()
    }
}

/// The journal, once its database is open.
async fn opened<J: Journal>(mut journal: J, patience: Duration) -> Result<J, StoreError> {
    let opened = tokio::time::timeout(patience, journal.recover()).await;
    opened.unwrap_or(Err(StoreError::unavailable("it does not answer")))?;
    Ok(journal)
}

/// Checks that the message is what was claimed, and reads from it what the record needs.
fn entry(signed: Signed) -> Result<Entry, StoreError> {
    let refused = StoreError::NotTheClaim;
    if *signed.proposal.removal() != signed.claim.request().removal {
        return Err(refused("it proposes another removal"));
    }
    let texts = [
        &signed.caller.name,
        &signed.caller.authentication,
        &signed.request_id,
        &signed.key_label,
        &signed.source,
        &signed.claim.request().tenant,
    ];
    if texts
        .iter()
        .any(|text| text.len() > MAX_TEXT || text.contains('\0'))
    {
        return Err(refused("a text is too long, or has a zero byte"));
    }
    Ok(Entry {
        signature_hash: sha256(signed.proposal.signature()),
        proposal_ref: signed.proposal.proposal_ref(signed.scheme.reference_hash),
        ours: signed.claim,
        message: signed.proposal.into_message(),
        caller: signed.caller,
        request_id: signed.request_id,
        key_label: signed.key_label,
        scheme: signed.scheme,
        source: signed.source,
    })
}
