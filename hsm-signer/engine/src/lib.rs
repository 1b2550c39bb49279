//! The engine behind a signer: it signs while HSMs hang, crash, forget and return.
//!
//! ```text
//! sign, sign_batch, submit_removals                admission, deadlines        lib.rs
//!   FairQueue            one queue: fair between lanes, bounded                 queue.rs
//!     SessionThread      one for each session: takes what its token can sign   session_thread.rs
//!       Source           one token: keys, signatures, verified                 source/mod.rs
//! Expiry                 answers by the deadline what nobody signs             expiry.rs
//! Supervisor             one thread for each token: probes it when it is
//!                        quiet, takes the steps of recovery when it failed    supervisor.rs
//! ```
//!
//! ```no_run
//! use std::time::{Duration, Instant};
//!
//! use mls_signer_engine::{Engine, EngineConfig, SourceConfig};
//! use mls_signer_token::isolation::{ModuleSetup, Worker, become_worker_if_asked};
//! use mls_signer_message::{Removal, scheme::Scheme};
//! use mls_signer_token::{Pin, TokenSelector};
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     if become_worker_if_asked().is_some() {
//!         return Ok(()); // This process held the module, and its parent is done.
//!     }
//!     let token = TokenSelector::Label("removal".into());
//!     let setup = ModuleSetup::new("/usr/lib/softhsm/libsofthsm2.so", token);
//!     let pin = Pin::from_file("pin".as_ref())?;
//!     let source = SourceConfig::isolated(setup, Worker::this_program()?, pin);
//!     let engine = Engine::start(EngineConfig::new(source))?;
//!     let key = engine.current_key(Scheme::by_name("ed25519").ok_or("no such scheme")?)?;
//!     let removal = Removal { group_id: vec![0, 255], epoch: 7, leaf_index: 3, sender_index: 0 };
//!     let deadline = Instant::now() + Duration::from_secs(5);
//!     let messages = engine.propose_removals(&[(key, removal)], deadline);
//!     println!("{} messages, {:?}", messages.len(), engine.health());
//!     Ok(())
//! }
//! ```
//!
//! What is accepted ends with a signature that verified under the pinned public key, or
//! with an error by its deadline. A failure that may pass is tried again, at another
//! token or after recovery; one that will not is said at once.

mod batch;
mod breaker;
mod changes;
mod config;
mod counted;
mod discovery;
mod error;
mod expiry;
mod health;
mod key;
mod keys_in_use;
mod pin_marker;
mod queue;
mod removals;
mod retired;
mod session_thread;
mod source;
mod sources;
mod standing;
mod supervisor;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mls_signer_message::Removal;
use mls_signer_token::isolation::forbid_dumps;
use mls_signer_token::sync::locked;
use mls_signer_token::{Error, Pin};

pub use batch::Times;
pub use mls_signer_token::keys::generation::RefusedKey;

pub use config::{EngineConfig, KeyChoice, SourceConfig, Timing};
pub use error::EngineError;
pub use health::{Health, Phase, SourceHealth};
pub use key::Key;
pub use pin_marker::{PinMarker, begin_no_tries, end_tries};
pub use queue::Lane;
pub use removals::Proposal;

use batch::{Batch, Message};
use changes::Changes;
use discovery::discover;
use expiry::Expiry;
use keys_in_use::say_refused;
use queue::{FairQueue, Full};
use retired::Retired;
use session_thread::SessionThread;
use source::Source;
use sources::Sources;
use supervisor::{Keys, Supervisor};

/// The longest message that the engine signs, in bytes. An external proposal has a few
/// hundred.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// A message and the key that is to sign it.
#[derive(Clone, Debug)]
pub struct SignRequest {
    /// The key, one of the engine's.
    pub key: Arc<Key>,
    /// At most [`MAX_MESSAGE`] bytes.
    pub message: Vec<u8>,
}

/// A signature, and where it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// In the form that MLS sends, verified under the key's public key.
    pub bytes: Vec<u8>,
    /// The [name](SourceConfig::name) of the token that made it.
    pub source: Arc<str>,
}

/// Signs with the same keys in one or more tokens. For any number of threads; see the
/// [module](self).
pub struct Engine {
    sources: Arc<Sources>,
    queue: Arc<FairQueue<Message>>,
    expiry: Arc<Expiry>,
    keys: Arc<Keys>,
    /// Those that are named as removal keys and cannot be any.
    refused: Mutex<Vec<RefusedKey>>,
    /// Those that were retired in a token.
    retired: Arc<Retired>,
    /// The public key of each label that was pinned since the start: no other is taken under it.
    labels: Mutex<HashMap<String, Vec<u8>>>,
    choice: KeyChoice,
    pins: Vec<Vec<u8>>,
    /// The lane of those who call from this program.
    lane: Lane,
    pending: Arc<AtomicUsize>,
    busy: Arc<AtomicUsize>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Opens the tokens, trying each PIN once, finds the keys, and makes a signature in
    /// each token. From then on this process cannot be dumped or traced (see
    /// [`forbid_dumps`]).
    ///
    /// # Errors
    /// That a PIN was refused, else why the first token could not be opened, if none could;
    /// [`EngineError::NotPinned`],
    /// [`EngineError::PinRetired`] and [`EngineError::KeyUnknown`] when the keys are not the pinned ones;
    /// [`Error::NoKeyFit`] when no key is as it must be. Where some are, the others are
    /// [`refused_keys`](Self::refused_keys).
    pub fn start(config: EngineConfig) -> Result<Self, EngineError> {
        forbid_dumps().map_err(Error::from)?;
        if config.sources.is_empty() {
            return Err(Error::Setup("an engine needs a token".into()).into());
        }
        let changes = Arc::new(Changes::default());
        let retired = Arc::<Retired>::default();
        let new = |source| {
            let (changes, retired) = (Arc::clone(&changes), Arc::clone(&retired));
            Arc::new(Source::new(source, config.timing, changes, retired))
        };
        let sources: Vec<_> = config.sources.into_iter().map(new).collect();
        let keys: Arc<Keys> = Arc::default();
        let supervisors: Vec<_> = sources
            .iter()
            .map(|source| Supervisor::new(Arc::clone(source), Arc::clone(&keys)))
            .collect();
        let refusal = open_all(&supervisors)?;
        let found = discover(&sources, &config.keys, &config.pins, &retired);
        // That a PIN was refused is for a person to know, whatever the other tokens lack.
        let found = found.map_err(|none| refusal.unwrap_or(none.error))?;
        let labels = keys_in_use::labels_of(&found.keys);
        for key in &found.keys {
            tracing::info!(key = ?key, protection = %key.object().protection(), "key pinned");
        }
        say_refused(&found.refused);
        *locked(&keys) = found.keys;
        let queue = Arc::new(FairQueue::new(config.capacity, sources.len()));
        let sources = Arc::new(Sources(sources));
        let expiry = Expiry::new(
            Arc::clone(&queue),
            Arc::clone(&sources),
            Arc::clone(&changes),
        );
        let mut engine = Self {
            sources,
            queue,
            expiry: Arc::new(expiry),
            keys,
            refused: Mutex::new(found.refused),
            retired,
            labels: Mutex::new(labels),
            choice: config.keys,
            pins: config.pins,
            lane: Lane {
                name: "library".into(),
                weight: 1,
                capacity: usize::MAX,
            },
            pending: Arc::default(),
            busy: Arc::default(),
            threads: Vec::new(),
        };
        for supervisor in supervisors {
            engine.spawn("hsm supervisor", move || supervisor.run())?;
        }
        let expiry = Arc::clone(&engine.expiry);
        engine.spawn("hsm expiry", move || expiry.run())?;
        engine.spawn_session_threads()?;
        engine.wait_until_begun(&changes);
        Ok(engine)
    }

    fn spawn_session_threads(&mut self) -> Result<(), EngineError> {
        let sources = Arc::clone(&self.sources);
        for (number, source) in sources.0.iter().enumerate() {
            for _ in 0..source.sessions() {
                let thread = SessionThread {
                    source: Arc::clone(source),
                    number,
                    sources: Arc::clone(&sources),
                    queue: Arc::clone(&self.queue),
                    busy: Arc::clone(&self.busy),
                };
                self.spawn("hsm session", move || thread.run())?;
            }
        }
        Ok(())
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), EngineError> {
        // What it logs says whose it is, as what the caller logs.
        let span = tracing::Span::current();
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || span.in_scope(work));
        let thread = thread.map_err(|error| Error::Setup(format!("no thread: {error}")))?;
        self.threads.push(thread);
        Ok(())
    }

    /// Returns once each source has been proven or has failed.
    fn wait_until_begun(&self, changes: &Changes) {
        loop {
            let seen = changes.count();
            let starting = |source: &Arc<Source>| source.phase() == Phase::Starting;
            if !self.sources.0.iter().any(starting) {
                return;
            }
            changes.wait(seen, Some(Instant::now() + Duration::from_millis(100)));
        }
    }

    /// A person has seen to the PINs: `pin` gives that of the token of a [name](SourceConfig::name). A
    /// token that refused one may be logged in to once more, by [`retry_refused`](Self::retry_refused);
    /// another takes its PIN for the next login. Where several engines share a PIN marker, all are told
    /// before any tries, so that they have one try together.
    ///
    /// # Errors
    /// What `pin` says; that token keeps the PIN that it had, and is not tried.
    pub fn renew_pins(&self, pin: impl Fn(&str) -> Result<Pin, Error>) -> Result<(), EngineError> {
        let mut failure = Ok(());
        for source in &self.sources.0 {
            let name = &source.config.name;
            match pin(name) {
                Err(error) => failure = Err(error.into()),
                Ok(pin) if source.phase() == Phase::Refused => source.forgive(pin),
                Ok(pin) => match source.take_pin(pin) {
                    Ok(false) => {}
                    Ok(true) => {
                        tracing::info!(source = %name, "another PIN was read, for the next login");
                    }
                    Err(error) => failure = Err(error.into()),
                },
            }
        }
        failure
    }

    /// Logs in once to each token for which [`renew_pins`](Self::renew_pins) has made
    /// room. Returns how it went.
    ///
    /// # Errors
    /// [`EngineError::Refused`] and [`EngineError::Unavailable`] where one of them does not sign,
    /// [`EngineError::Unasked`] where another token signs.
    pub fn retry_refused(&self) -> Result<(), EngineError> {
        let tried: Vec<_> = self.sources.0.iter().filter(|one| one.retry()).collect();
        for source in &tried {
            source.wait_until_recovered();
        }
        let signs = |source: &Arc<Source>| source.phase() == Phase::Ready;
        // One without a key has taken the PIN.
        let failed = |source: &&Arc<Source>| !signs(source) && source.phase() != Phase::NoKey;
        let failed: Vec<_> = tried.into_iter().filter(failed).collect();
        let Some(first) = failed.first() else {
            return Ok(());
        };
        let reasons: Vec<_> = failed.iter().map(|source| source.reason()).collect();
        let reasons = reasons.join("; ");
        Err(match first.phase() {
            _ if self.sources.0.iter().any(signs) => EngineError::Unasked(reasons),
            Phase::Refused => EngineError::Refused(reasons),
            _ => EngineError::Unavailable(reasons),
        })
    }

    /// Signs `message`, waiting for recovery if need be. Returns the signature in the form
    /// that MLS sends, verified under the key's public key.
    ///
    /// # Errors
    /// [`EngineError::QueueFull`], [`EngineError::Unavailable`] and
    /// [`EngineError::MessageTooLong`] before the message is accepted; after that
    /// [`EngineError::DeadlinePassed`], or a failure that will not pass.
    pub fn sign(
        &self,
        key: &Arc<Key>,
        message: &[u8],
        deadline: Instant,
    ) -> Result<Vec<u8>, EngineError> {
        let request = SignRequest {
            key: Arc::clone(key),
            message: message.to_vec(),
        };
        let mut signatures = self.sign_batch(vec![request], deadline);
        let signature = signatures.pop().unwrap_or(Err(EngineError::Stopped))?;
        Ok(signature.bytes)
    }

    /// Signs many messages, spread over the sessions of all tokens: a signature, with the
    /// token that made it, or an error for each, in order. All are accepted or none.
    pub fn sign_batch(
        &self,
        requests: Vec<SignRequest>,
        deadline: Instant,
    ) -> Vec<Result<Signature, EngineError>> {
        let count = requests.len();
        let (send, receive) = mpsc::channel();
        let done = move |signatures, _| {
            // Who asked waits for it.
            let _ = send.send(signatures);
        };
        match self.submit(&self.lane, requests, deadline, done) {
            Ok(()) => receive.recv().unwrap_or_default(),
            Err(error) => (0..count).map(|_| Err(error.clone())).collect(),
        }
    }

    /// Puts `requests` into the queue, all or none; see [`submit_removals`](Self::submit_removals).
    fn submit(
        &self,
        lane: &Lane,
        requests: Vec<SignRequest>,
        deadline: Instant,
        done: impl FnOnce(Vec<Result<Signature, EngineError>>, Times) + Send + 'static,
    ) -> Result<(), EngineError> {
        if requests.is_empty() {
            done(Vec::new(), Times::default());
            return Ok(());
        }
        let longest = requests.iter().map(|request| request.message.len()).max();
        if let Some(length) = longest.filter(|length| *length > MAX_MESSAGE) {
            return Err(EngineError::MessageTooLong(length));
        }
        self.sources.refuse_if_hopeless()?;
        let sources = Arc::clone(&self.sources);
        let pending = Arc::clone(&self.pending);
        let done = Box::new(done);
        let batch = Batch::new(requests, lane.clone(), deadline, sources, pending, done);
        if let Err(full) = self.queue.put(lane, batch.messages()) {
            batch.withdraw();
            return Err(match full {
                Full::Lane => EngineError::LaneFull,
                Full::Queue => EngineError::QueueFull,
                Full::Closed => EngineError::Stopped,
            });
        }
        self.expiry.watch(&batch);
        Ok(())
    }

    /// Proposes many removals at once, each signed by its key: a message or an error for
    /// each, in order. The signatures are spread over all sessions.
    pub fn propose_removals(
        &self,
        removals: &[(Arc<Key>, Removal)],
        deadline: Instant,
    ) -> Vec<Result<Vec<u8>, EngineError>> {
        let (unsigned, requests) = removals::build(removals);
        let proposals = removals::signed(unsigned, self.sign_batch(requests, deadline));
        let message = |proposed: Result<Proposal, _>| Ok(proposed?.signed.into_message());
        proposals.into_iter().map(message).collect()
    }

    /// Has removals proposed, all or none, in the caller's lane. `done` is told the proposals,
    /// in order, once all are there, and by `deadline` at the latest; on a thread of the engine,
    /// which it must not keep.
    ///
    /// # Errors
    /// [`EngineError::QueueFull`], [`EngineError::LaneFull`], [`EngineError::Unavailable`],
    /// [`EngineError::MessageTooLong`], [`EngineError::Stopped`]; then `done` is not called.
    pub fn submit_removals(
        &self,
        lane: &Lane,
        removals: &[(Arc<Key>, Removal)],
        deadline: Instant,
        done: impl FnOnce(Vec<Result<Proposal, EngineError>>, Times) + Send + 'static,
    ) -> Result<(), EngineError> {
        let (unsigned, requests) = removals::build(removals);
        self.submit(lane, requests, deadline, move |signatures, times| {
            done(removals::signed(unsigned, signatures), times);
        })
    }

    /// How many signatures can be made at a time, in all tokens together.
    pub fn sessions(&self) -> usize {
        self.sources.sessions()
    }

    /// How many sessions are at work.
    pub fn busy(&self) -> usize {
        self.busy.load(Ordering::Relaxed)
    }

    /// How many signatures wait, in each lane that there has been.
    pub fn waiting(&self) -> Vec<(Arc<str>, usize)> {
        self.queue.waiting()
    }

    /// How the engine is.
    pub fn health(&self) -> Health {
        let sources: Vec<_> = self.sources.0.iter().map(|s| s.health()).collect();
        Health {
            healthy: sources.iter().any(|source| source.phase == Phase::Ready),
            sources,
        }
    }

    /// Signatures accepted and not yet answered.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for source in self.sources.0.iter() {
            locked(&source.state).stopping = true;
            source.wake.notify_all();
        }
        self.expiry.stop();
        for message in self.queue.close() {
            message.answer(Err(EngineError::Stopped));
        }
        let this = std::thread::current().id();
        for thread in self.threads.drain(..) {
            // Who was told of signatures, on this thread, may have had the last of the engine.
            if thread.thread().id() != this && thread.join().is_err() {
                tracing::error!("a thread of the engine panicked");
            }
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("keys", &self.keys())
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}

/// Any number of threads may use one engine.
const _: () = {
    const fn for_threads<T: Send + Sync>() {}
    for_threads::<Engine>();
};

/// Opens all tokens at once; one is enough. Returns the refusal of a PIN by another, if there was one.
///
/// # Errors
/// Where none opens, the refusal of a PIN, else what the first token says.
fn open_all(supervisors: &[Supervisor]) -> Result<Option<EngineError>, EngineError> {
    let mut opened: Vec<Result<(), EngineError>> = Vec::new();
    std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for supervisor in supervisors {
            let span = tracing::Span::current();
            threads.push(scope.spawn(move || span.in_scope(|| supervisor.open())));
        }
        for thread in threads {
            let done = thread.join().map_err(|_| EngineError::Stopped);
            opened.push(done.and_then(|opened| Ok(opened?)));
        }
    });
    let is_one_open = opened.iter().any(Result::is_ok);
    let mut failures: Vec<_> = opened.into_iter().filter_map(Result::err).collect();
    let refusal = failures.iter().position(EngineError::concerns_pin);
    match (is_one_open, refusal) {
        (true, refusal) => Ok(refusal.map(|place| failures.swap_remove(place))),
        // For a person to know, before another start spends a try.
        (false, refusal) => Err(failures.swap_remove(refusal.unwrap_or(0))),
    }
}
