//! One token of the engine: where it stands, its keys, and a signature made and verified.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use mls_signer_message::signature::verified;
use openmls_hw_crypto::HwCrypto;

use super::board::Board;
use super::breaker::Breaker;
use super::config::{SourceConfig, Timing};
use super::health::{Phase, SourceHealth};
use super::key::Key;
use mls_signer_token::error::Error;
use mls_signer_token::error::ProcessError;
use mls_signer_token::failure::{Nature, Rung};
use mls_signer_token::keys;
use mls_signer_token::quirks::{Quirks, SigningPlan};
use mls_signer_token::release;
use mls_signer_token::sync::locked;
use mls_signer_token::{Access, ObjectHandle, SignedPrefix, Token};

/// A token, and all that the engine knows of it.
pub(super) struct Source {
    pub config: SourceConfig,
    pub timing: Timing,
    pub state: Mutex<State>,
    /// Tells the supervisor that there is something to do.
    pub wake: Condvar,
    pub board: Arc<Board>,
    crypto: HwCrypto,
    in_flight: AtomicUsize,
    latency_us: AtomicU64,
    signatures: AtomicU64,
    rejected: AtomicU64,
}

/// Where a source stands.
pub(super) struct State {
    pub token: Option<Arc<dyn Token>>,
    pub phase: Phase,
    pub since: Instant,
    /// Raised by each step of recovery: what failed before it says nothing about now.
    pub generation: u64,
    /// The step at which recovery is to begin, once something failed.
    pub wanted: Option<Rung>,
    pub last_failure: Option<String>,
    pub last_success: Option<Instant>,
    pub steps: HashMap<Rung, u64>,
    pub breaker: Breaker,
    /// The keys by public key: where the token has them, or why it has not.
    pub keys: HashMap<Vec<u8>, Result<Held, String>>,
    /// When it last began to look for the keys.
    pub looked: Instant,
    pub stopping: bool,
}

/// What one key may expect of a source.
#[derive(Clone, Copy)]
pub(super) enum Standing {
    /// It signs.
    Signs,
    /// It signs with other keys; this one was not there when it looked.
    Lacks { looked: Instant },
    /// It may sign later.
    Recovers,
    /// It will not sign until a person has seen to it.
    Refused,
}

/// A key in the token.
#[derive(Clone, Copy)]
pub(super) struct Held {
    handle: ObjectHandle,
    plan: SigningPlan,
}

/// Signatures that may be released, and why the next message has none.
pub(super) struct Signed {
    pub signatures: Vec<Vec<u8>>,
    pub failure: Option<Error>,
}

impl Signed {
    pub fn none(failure: Error) -> Self {
        Self {
            signatures: Vec::new(),
            failure: Some(failure),
        }
    }
}

impl Source {
    pub fn new(config: SourceConfig, timing: Timing, board: Arc<Board>) -> Self {
        Self {
            config,
            timing,
            state: Mutex::new(State {
                token: None,
                phase: Phase::Starting,
                since: Instant::now(),
                generation: 0,
                wanted: None,
                last_failure: None,
                last_success: None,
                steps: HashMap::new(),
                breaker: Breaker::new(timing.first_pause, timing.longest_pause),
                keys: HashMap::new(),
                looked: Instant::now(),
                stopping: false,
            }),
            wake: Condvar::new(),
            board,
            crypto: HwCrypto::default(),
            in_flight: AtomicUsize::new(0),
            latency_us: AtomicU64::new(0),
            signatures: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        locked(&self.state).phase
    }

    /// Where it stands, and whether it has the key.
    pub fn standing(&self, key: &Key) -> Standing {
        let state = locked(&self.state);
        match state.phase {
            Phase::Ready if state.has(key) => Standing::Signs,
            Phase::Ready => Standing::Lacks {
                looked: state.looked,
            },
            Phase::Starting | Phase::Recovering | Phase::Out => Standing::Recovers,
            Phase::Refused => Standing::Refused,
        }
    }

    /// How long one more signature would take, by what the last ones took.
    pub fn expected_us(&self) -> u64 {
        let waiting = self.in_flight.load(Ordering::Relaxed) as u64;
        let sessions = self.config.reach.sessions().max(1) as u64;
        let latency = self.latency_us.load(Ordering::Relaxed).max(1);
        latency * (1 + waiting / sessions)
    }

    /// Microseconds for a signature, averaged over the last ones; 0 before the first.
    pub fn latency_us(&self) -> u64 {
        self.latency_us.load(Ordering::Relaxed)
    }

    /// Signs `messages` one after the other until one fails; each signature is verified.
    /// A failure that recovery may help is reported to the supervisor.
    pub fn sign(&self, key: &Key, messages: &[&[u8]], deadline: Instant) -> Signed {
        self.in_flight.fetch_add(messages.len(), Ordering::Relaxed);
        let generation = locked(&self.state).generation;
        let limits = CallLimits {
            deadline,
            wait: deadline,
            call: self.timing.call_limit,
        };
        let signed = self.sign_within(key, messages, limits);
        self.in_flight.fetch_sub(messages.len(), Ordering::Relaxed);
        if let Some(failure) = &signed.failure {
            self.report(generation, failure);
        }
        signed
    }

    /// The same for one message, without report: a probe's failure is its caller's. Where
    /// nothing was signed for so long that there is a probe, a session that does not become
    /// free hangs as well.
    pub fn probe(&self, key: &Key, limit: Duration) -> Result<(), Error> {
        let message = release::self_test_message(&self.crypto)?;
        let until = Instant::now() + limit;
        let limits = CallLimits {
            deadline: until + limit,
            wait: until,
            call: limit,
        };
        let signed = self.sign_within(key, &[&message], limits);
        match signed.failure {
            None => Ok(()),
            Some(Error::DeadlinePassed { .. }) => Err(ProcessError::Hung { after: limit }.into()),
            Some(failure) => Err(failure),
        }
    }

    fn sign_within(&self, key: &Key, messages: &[&[u8]], limits: CallLimits) -> Signed {
        let (prefix, began) = match self.ask(key, messages, limits) {
            Ok(answered) => answered,
            Err(error) => return Signed::none(error),
        };
        let mut signed = self.verified(key, messages, prefix.signatures);
        if signed.failure.is_none() {
            signed.failure = prefix
                .failure
                .map(|error| interpreted(error, began, limits));
        }
        self.note(signed.signatures.len(), began);
        signed
    }

    /// The token's signatures, and when it began to make them: before that, others were
    /// first.
    fn ask(
        &self,
        key: &Key,
        messages: &[&[u8]],
        limits: CallLimits,
    ) -> Result<(SignedPrefix, Instant), Error> {
        let (token, held) = self.held(key)?;
        let data = messages
            .iter()
            .map(|message| release::prepared(&self.crypto, key.scheme, held.plan, message))
            .collect::<Result<Vec<_>, _>>()?;
        let data: Vec<&[u8]> = data.iter().map(AsRef::as_ref).collect();
        let mut session = token.session_by(Access::Use, limits.wait)?;
        let began = Instant::now();
        session.set_deadline(limits.deadline.min(began + limits.call));
        let prefix = session.sign_batch(held.handle, release::mechanism(held.plan), &data);
        Ok((prefix, began))
    }

    fn held(&self, key: &Key) -> Result<(Arc<dyn Token>, Held), Error> {
        let state = locked(&self.state);
        let token = state.token.clone().ok_or_else(|| Error::Unavailable {
            reasons: format!("{} is not open", self.config.name),
        })?;
        match state.keys.get(&key.public_key) {
            Some(Ok(held)) => Ok((token, *held)),
            _ => Err(key.not_found()),
        }
    }

    fn verified(&self, key: &Key, messages: &[&[u8]], signatures: Vec<Vec<u8>>) -> Signed {
        let mut signed = Signed {
            signatures: Vec::with_capacity(signatures.len()),
            failure: None,
        };
        for (message, signature) in messages.iter().zip(signatures) {
            match verified(
                &self.crypto,
                key.scheme,
                &key.public_key,
                message,
                signature,
            ) {
                Ok(signature) => signed.signatures.push(signature),
                Err(error) => {
                    let error = Error::from(error);
                    self.rejected.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(source = %self.config.name, %error, "a signature was rejected");
                    signed.failure = Some(error);
                    break;
                }
            }
        }
        signed
    }

    /// Forgets how long signatures took: the token is not what it was.
    pub fn forget_latency(&self) {
        self.latency_us.store(0, Ordering::Relaxed);
    }

    /// Keeps the average, in which each batch weighs an eighth; the first after a pause
    /// counts alone.
    fn note(&self, count: usize, began: Instant) {
        if count == 0 {
            return;
        }
        let now = Instant::now();
        let each = (now - began).as_micros() as u64 / count as u64;
        let before = self.latency_us.load(Ordering::Relaxed);
        let last = locked(&self.state).last_success.replace(now);
        let paused = last.is_none_or(|last| now - last > self.timing.probe_interval);
        let average = if before == 0 || paused {
            each
        } else {
            (before * 7 + each) / 8
        };
        self.latency_us.store(average.max(1), Ordering::Relaxed);
        self.signatures.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Tells the supervisor of a failure, unless it was already seen to.
    fn report(&self, generation: u64, failure: &Error) {
        let is_callers = matches!(failure, Error::DeadlinePassed { .. } | Error::QueueFull);
        if is_callers || failure.nature() == Nature::Permanent {
            return;
        }
        let mut state = locked(&self.state);
        if state.generation == generation && state.phase == Phase::Ready {
            state.wanted = Some(failure.rung());
            state.last_failure = Some(failure.to_string());
            state.enter(Phase::Recovering);
            self.wake.notify_all();
        }
    }

    /// Finds the keys in the token, each by its pinned public key.
    ///
    /// # Errors
    /// What failed, when none is there.
    pub fn find_keys(&self, keys: &[Arc<Key>], deadline: Instant) -> Result<(), Error> {
        let token = locked(&self.state)
            .token
            .clone()
            .ok_or(Error::SessionLost)?;
        let looked = Instant::now();
        let mut found = HashMap::new();
        let mut missing = None;
        for key in keys {
            let located = locate(token.as_ref(), key, deadline);
            if let Err(error) = &located {
                tracing::error!(source = %self.config.name, %error, "a key cannot be used");
            }
            let entry = located.map_err(|error| {
                let text = error.to_string();
                missing = Some(error);
                text
            });
            found.insert(key.public_key.clone(), entry);
        }
        let none = found.values().all(Result::is_err);
        let mut state = locked(&self.state);
        state.keys = found;
        state.looked = looked;
        match missing {
            Some(error) if none => Err(error),
            _ => Ok(()),
        }
    }

    /// Looks again for the keys that were missing; the others are left as they are.
    pub fn find_missing(&self, keys: &[Arc<Key>], deadline: Instant) {
        let Some(token) = locked(&self.state).token.clone() else {
            return;
        };
        let looked = Instant::now();
        for key in self.missing(keys) {
            let located = locate(token.as_ref(), &key, deadline);
            let located = located.map_err(|error| error.to_string());
            if located.is_ok() {
                tracing::info!(source = %self.config.name, key = ?key, "a key is there again");
            }
            let mut state = locked(&self.state);
            state.keys.insert(key.public_key.clone(), located);
        }
        locked(&self.state).looked = looked;
    }

    /// The keys of `keys` that the token has.
    pub fn present(&self, keys: &[Arc<Key>]) -> Vec<Arc<Key>> {
        let state = locked(&self.state);
        let present = |key: &&Arc<Key>| state.has(key);
        keys.iter().filter(present).cloned().collect()
    }

    /// The keys of `keys` that it has not.
    pub fn missing(&self, keys: &[Arc<Key>]) -> Vec<Arc<Key>> {
        let state = locked(&self.state);
        let missing = |key: &&Arc<Key>| !state.has(key);
        keys.iter().filter(missing).cloned().collect()
    }

    pub fn health(&self) -> SourceHealth {
        // Asked without the state's lock: a process that is being started takes its time.
        let token = locked(&self.state).token.clone();
        let process = token.and_then(|token| token.process_id());
        let state = locked(&self.state);
        let missing = state.keys.values().filter_map(|key| key.as_ref().err());
        let mut steps: Vec<_> = state.steps.iter().map(|(rung, n)| (*rung, *n)).collect();
        steps.sort();
        SourceHealth {
            name: self.config.name.to_string(),
            process,
            phase: state.phase,
            since_ms: state.since.elapsed().as_millis() as u64,
            last_failure: state.last_failure.clone(),
            missing_keys: missing.cloned().collect(),
            steps,
            breaker_opened: state.breaker.opened(),
            signatures: self.signatures.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            latency_us: self.latency_us(),
            in_flight: self.in_flight.load(Ordering::Relaxed),
        }
    }
}

/// How long a call may take.
#[derive(Clone, Copy)]
struct CallLimits {
    /// By when the caller wants an answer.
    deadline: Instant,
    /// By when a session must be free.
    wait: Instant,
    /// How long the module may be silent then.
    call: Duration,
}

/// A time limit that passed means that the module hangs, unless the caller was in a greater
/// hurry than that.
fn interpreted(error: Error, began: Instant, limits: CallLimits) -> Error {
    let timed_out = matches!(
        error,
        Error::Process(ProcessError::Hung { .. }) | Error::DeadlinePassed { .. }
    );
    if !timed_out {
        error
    } else if began + limits.call <= limits.deadline {
        let after = limits.call;
        ProcessError::Hung { after }.into()
    } else {
        Error::DeadlinePassed { last: None }
    }
}

impl State {
    fn has(&self, key: &Key) -> bool {
        matches!(self.keys.get(&key.public_key), Some(Ok(_)))
    }

    pub fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.since = Instant::now();
        }
    }
}

fn locate(token: &dyn Token, key: &Key, deadline: Instant) -> Result<Held, Error> {
    let session = token.session_by(Access::Use, deadline)?;
    let found = keys::locate_pinned(session.as_ref(), &key.selector(), &key.public_key)?;
    let quirks = Quirks::of(token.identity());
    Ok(Held {
        handle: found.handle,
        plan: SigningPlan::choose(found.scheme, token.mechanisms(), quirks)?,
    })
}
