//! The engine behind a signer: it signs while HSMs hang, crash, forget and return.
//!
//! ```text
//! sign, sign_batch        admission, deadlines                     here
//!   dispatch              which token, how often, what next        dispatch.rs, batch.rs
//!     source              one token: keys, signatures, verified    source.rs
//!       token             sessions, lent in order of asking        token/, isolation/
//! supervisor              one thread for each token: probes it when it is quiet, climbs
//!                         the ladder of recovery when it failed    supervisor.rs
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
mod board;
mod breaker;
mod config;
mod crew;
mod dispatch;
mod health;
mod key;
mod proposal;
mod signer;
mod source;
mod supervisor;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLockReadGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

pub use config::{EngineConfig, KeyChoice, Reach, SourceConfig, Timing};
pub use health::{Health, Phase, SourceHealth};
pub use key::Key;
pub use proposal::Proposal;
pub use signer::EngineSigner;

use batch::Batch;
use board::Board;
use crew::Crew;
use dispatch::Dispatch;
use mls_signer_message::encoding::hex;
use mls_signer_message::scheme::Scheme;
use mls_signer_token::error::Error;
use mls_signer_token::isolation::forbid_dumps;
use mls_signer_token::keys::{self, generation};
use mls_signer_token::sync::locked;
use mls_signer_token::{Access, KeySelector, Token};
use source::Source;
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
    dispatch: Arc<Dispatch>,
    keys: Arc<Keys>,
    choice: KeyChoice,
    pins: Vec<Vec<u8>>,
    capacity: usize,
    pending: AtomicUsize,
    crew: Crew,
    supervisors: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Opens the tokens, trying each PIN once, finds the keys, and makes a signature in
    /// each token. From then on this process cannot be dumped or traced (see
    /// [`forbid_dumps`]).
    ///
    /// # Errors
    /// Why the first token could not be opened, if none could; [`Error::KeyMismatch`] and
    /// [`Error::KeyUnknown`] when the keys are not the pinned ones; [`Error::KeyAmbiguous`],
    /// [`Error::KeyAttributes`] and others when a key is not as it must be.
    pub fn start(config: EngineConfig) -> Result<Self, Error> {
        forbid_dumps()?;
        if config.sources.is_empty() {
            return Err(Error::Setup("an engine needs a token".into()));
        }
        let board = Arc::new(Board::default());
        let new = |source| Arc::new(Source::new(source, config.timing, Arc::clone(&board)));
        let sources: Vec<_> = config.sources.into_iter().map(new).collect();
        let keys: Arc<Keys> = Arc::default();
        let supervisors: Vec<_> = sources
            .iter()
            .map(|source| Supervisor::new(Arc::clone(source), Arc::clone(&keys)))
            .collect();
        open_all(&supervisors)?;
        let found = discover(&sources, &config.keys, &config.pins)?;
        for key in &found {
            tracing::info!(key = ?key, protection = %key.object().protection(), "key pinned");
        }
        *keys.write().unwrap_or_else(PoisonError::into_inner) = found;
        let sessions = sources
            .iter()
            .map(|source| source.config.reach.sessions())
            .sum();
        let mut engine = Self {
            dispatch: Arc::new(Dispatch::new(sources, board)),
            keys,
            choice: config.keys,
            pins: config.pins,
            capacity: config.capacity,
            pending: AtomicUsize::new(0),
            crew: Crew::new(sessions)?,
            supervisors: Vec::new(),
        };
        for supervisor in supervisors {
            engine.supervise(supervisor)?;
        }
        engine.dispatch.wait_until_begun();
        Ok(engine)
    }

    fn supervise(&mut self, supervisor: Supervisor) -> Result<(), Error> {
        let thread = std::thread::Builder::new().name("hsm supervisor".into());
        let thread = thread.spawn(move || supervisor.run());
        let thread = thread.map_err(|error| Error::Setup(format!("no thread: {error}")))?;
        self.supervisors.push(thread);
        Ok(())
    }

    /// The keys, by scheme and generation.
    pub fn keys(&self) -> Vec<Arc<Key>> {
        self.ring().clone()
    }

    /// The key for new groups of a scheme: the newest generation.
    ///
    /// # Errors
    /// [`Error::KeyUnknown`] when there is none of the scheme.
    pub fn current_key(&self, scheme: &Scheme) -> Result<Arc<Key>, Error> {
        let ring = self.ring();
        let of_scheme = ring.iter().filter(|key| key.scheme.name == scheme.name);
        let newest = of_scheme.max_by_key(|key| key.generation);
        newest.cloned().ok_or_else(|| Error::KeyUnknown {
            wanted: format!("{} key", scheme.title),
            present: labels(&ring),
        })
    }

    /// The key that a group names by its public key, in MLS's form.
    ///
    /// # Errors
    /// [`Error::KeyUnknown`] when there is none.
    pub fn key_by_public_key(&self, public_key: &[u8]) -> Result<Arc<Key>, Error> {
        let ring = self.ring();
        let found = ring.iter().find(|key| key.public_key == public_key);
        found.cloned().ok_or_else(|| Error::KeyUnknown {
            wanted: format!("key with the public key {}", hex(public_key)),
            present: labels(&ring),
        })
    }

    /// Looks at the tokens' keys again, after a rotation or a retirement. Keys that stay
    /// are those pinned before; new ones are pinned now.
    ///
    /// # Errors
    /// As [`Engine::start`]; then nothing changes.
    pub fn refresh_keys(&self) -> Result<(), Error> {
        let sources = &self.dispatch.sources;
        let found = discover(sources, &self.choice, &self.pins)?;
        let before = self.keys();
        for key in &found {
            let same_label = |old: &&Arc<Key>| old.object.label == key.object.label;
            if let Some(old) = before.iter().find(same_label)
                && old.public_key != key.public_key
            {
                return Err(Error::KeyMismatch {
                    wanted: key.selector().to_string(),
                });
            }
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = found.clone();
        let deadline = Instant::now() + Duration::from_secs(10);
        for source in sources {
            if let Err(error) = source.find_keys(&found, deadline) {
                tracing::warn!(source = %source.config.name, %error, "keys not refreshed");
            }
        }
        Ok(())
    }

    /// Signs `message`, waiting for recovery if need be. Returns the signature in the form
    /// that MLS sends, verified under the key's public key.
    ///
    /// # Errors
    /// [`Error::QueueFull`], [`Error::Unavailable`] and [`Error::MessageTooLong`] before
    /// the message is accepted; after that [`Error::DeadlinePassed`], or a failure that
    /// will not pass.
    pub fn sign(
        &self,
        key: &Arc<Key>,
        message: &[u8],
        deadline: Instant,
    ) -> Result<Vec<u8>, Error> {
        let _accepted = self.accept(1, message.len())?;
        self.dispatch.sign(key, message, deadline)
    }

    /// Signs many messages, spread over the sessions of all tokens: a result for each, in
    /// order. All are accepted or none.
    pub fn sign_batch(
        &self,
        requests: Vec<SignRequest>,
        deadline: Instant,
    ) -> Vec<Result<Vec<u8>, Error>> {
        let signed = self.sign_spread(requests, deadline);
        let bytes = |signed: Result<Signature, Error>| signed.map(|signature| signature.bytes);
        signed.into_iter().map(bytes).collect()
    }

    /// The same, and which token made each signature.
    pub(crate) fn sign_spread(
        &self,
        requests: Vec<SignRequest>,
        deadline: Instant,
    ) -> Vec<Result<Signature, Error>> {
        self.sign_with(requests, deadline, self.crew.size())
    }

    /// The same on the calling thread alone, one session at a time: for a caller that has
    /// a thread for each session. Says which token signed.
    pub fn sign_alone(
        &self,
        requests: Vec<SignRequest>,
        deadline: Instant,
    ) -> Vec<Result<Signature, Error>> {
        self.sign_with(requests, deadline, 1)
    }

    fn sign_with(
        &self,
        requests: Vec<SignRequest>,
        deadline: Instant,
        threads: usize,
    ) -> Vec<Result<Signature, Error>> {
        let longest = requests.iter().map(|request| request.message.len()).max();
        let count = requests.len();
        if count == 0 {
            return Vec::new();
        }
        let _accepted = match self.accept(count, longest.unwrap_or(0)) {
            Ok(accepted) => accepted,
            Err(error) => return refused(count, &error),
        };
        let batch = Arc::new(Batch::new(requests, deadline, threads));
        if threads > 1 {
            self.crew.help(&batch, &self.dispatch);
        }
        self.dispatch.work(&batch);
        batch.results()
    }

    /// How many signatures can be made at a time, in all tokens together.
    pub fn sessions(&self) -> usize {
        self.crew.size()
    }

    /// A signer over one of the keys, each of whose signatures may take `patience`.
    pub fn signer(self: &Arc<Self>, key: &Arc<Key>, patience: Duration) -> EngineSigner {
        EngineSigner::new(Arc::clone(self), Arc::clone(key), patience)
    }

    /// How the engine is.
    pub fn health(&self) -> Health {
        let sources: Vec<_> = self.dispatch.sources.iter().map(|s| s.health()).collect();
        Health {
            healthy: sources.iter().any(|source| source.phase == Phase::Ready),
            sources,
        }
    }

    /// Signatures accepted and not yet answered.
    pub fn pending(&self) -> usize {
        self.pending.load(Ordering::SeqCst)
    }

    fn ring(&self) -> RwLockReadGuard<'_, Vec<Arc<Key>>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts `count` messages, the longest of `length` bytes, if there is room and a
    /// token that may sign them.
    fn accept(&self, count: usize, length: usize) -> Result<Accepted<'_>, Error> {
        if length > MAX_MESSAGE {
            return Err(Error::MessageTooLong {
                length,
                limit: MAX_MESSAGE,
            });
        }
        self.dispatch.refuse_if_hopeless()?;
        let room = |pending: usize| {
            let after = pending.checked_add(count)?;
            (after <= self.capacity).then_some(after)
        };
        self.pending
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, room)
            .map(|_| Accepted(&self.pending, count))
            .map_err(|_| Error::QueueFull)
    }
}

/// Messages accepted, until they are answered.
struct Accepted<'a>(&'a AtomicUsize, usize);

impl Drop for Accepted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(self.1, Ordering::SeqCst);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        for source in &self.dispatch.sources {
            locked(&source.state).stopping = true;
            source.wake.notify_all();
        }
        for supervisor in self.supervisors.drain(..) {
            if supervisor.join().is_err() {
                tracing::error!("a supervisor panicked");
            }
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("keys", &*self.ring())
            .field("pending", &self.pending())
            .finish_non_exhaustive()
    }
}

/// Any number of threads may use one engine.
const _: () = {
    const fn for_threads<T: Send + Sync>() {}
    for_threads::<Engine>();
};

/// Opens all tokens at once; one is enough.
fn open_all(supervisors: &[Supervisor]) -> Result<(), Error> {
    let opened: Vec<Result<(), Error>> = std::thread::scope(|scope| {
        let threads: Vec<_> = supervisors
            .iter()
            .map(|supervisor| scope.spawn(|| supervisor.open()))
            .collect();
        let joined = threads.into_iter().map(|thread| thread.join());
        joined
            .map(|opened| opened.unwrap_or(Err(Error::Stopped)))
            .collect()
    });
    if opened.iter().any(Result::is_ok) {
        return Ok(());
    }
    opened.into_iter().find(Result::is_err).unwrap_or(Ok(()))
}

/// The keys that the first open token shows, which must be the pinned ones where there
/// are pins.
fn discover(
    sources: &[Arc<Source>],
    choice: &KeyChoice,
    pins: &[Vec<u8>],
) -> Result<Vec<Arc<Key>>, Error> {
    let mut failure = Error::Stopped;
    for source in sources {
        let Some(token) = locked(&source.state).token.clone() else {
            continue;
        };
        match chosen(token.as_ref(), choice) {
            Ok(keys) => return check_pins(keys, pins),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

fn chosen(token: &dyn Token, choice: &KeyChoice) -> Result<Vec<Arc<Key>>, Error> {
    let keys: Vec<Key> = match choice {
        KeyChoice::Generations => generation::all(token)?
            .into_iter()
            .filter(|key| !key.retired)
            .map(Key::from)
            .collect(),
        KeyChoice::Named(names) => names
            .iter()
            .map(|name| named(token, name))
            .collect::<Result<_, _>>()?,
    };
    if keys.is_empty() {
        return Err(Error::KeyNotFound {
            class: "private key",
            wanted: "of a removal key's label".into(),
        });
    }
    Ok(keys.into_iter().map(Arc::new).collect())
}

fn named(token: &dyn Token, name: &KeySelector) -> Result<Key, Error> {
    let found = keys::locate(token.session(Access::Use)?.as_ref(), name)?;
    Ok(Key {
        scheme: found.scheme,
        public_key: found.public_key,
        object: found.object,
        generation: 1,
    })
}

fn check_pins(keys: Vec<Arc<Key>>, pins: &[Vec<u8>]) -> Result<Vec<Arc<Key>>, Error> {
    if pins.is_empty() {
        return Ok(keys);
    }
    if let Some(stranger) = keys.iter().find(|key| !pins.contains(&key.public_key)) {
        return Err(Error::KeyMismatch {
            wanted: stranger.selector().to_string(),
        });
    }
    let absent = pins
        .iter()
        .find(|pin| keys.iter().all(|key| key.public_key != **pin));
    match absent {
        None => Ok(keys),
        Some(pin) => Err(Error::KeyUnknown {
            wanted: format!("key with the pinned public key {}", hex(pin)),
            present: labels(&keys),
        }),
    }
}

fn labels(keys: &[Arc<Key>]) -> String {
    let labels: Vec<_> = keys.iter().map(|key| key.object.label.as_str()).collect();
    labels.join(", ")
}

/// The same refusal for each message of a batch that was not accepted.
fn refused(count: usize, error: &Error) -> Vec<Result<Signature, Error>> {
    let again = || match error {
        Error::QueueFull => Error::QueueFull,
        Error::MessageTooLong { length, limit } => Error::MessageTooLong {
            length: *length,
            limit: *limit,
        },
        other => Error::Unavailable {
            reasons: other.to_string(),
        },
    };
    (0..count).map(|_| Err(again())).collect()
}
