//! One token of the engine: its keys, and a signature made and verified.

mod keys;
mod open_session;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use mls_signer_message::signature::verified_prefix;
use openmls_hw_crypto::HwCrypto;

use crate::changes::Changes;
use crate::config::{SourceConfig, Timing};
use crate::counted::Counted;
use crate::health::{Phase, SourceHealth};
use crate::key::Key;
use crate::retired::Retired;
use crate::standing::{SourceState, Standing, UsableKey};
use mls_signer_token::error::{Error, ProcessError};
use mls_signer_token::failure::{Nature, RecoveryStep};
use mls_signer_token::release;
use mls_signer_token::sync::locked;
use mls_signer_token::{Pin, SignedPrefix, Token};

pub(crate) use open_session::OpenSession;

/// A token, and all that the engine knows of it.
pub(crate) struct Source {
    pub config: SourceConfig,
    pub timing: Timing,
    pub state: Mutex<SourceState>,
    /// Rings when the state changes in a way for which the supervisor or a session waits.
    pub wake: Condvar,
    pub changes: Arc<Changes>,
    /// The PIN, as it was read last.
    pub pin: Mutex<Pin>,
    /// The keys that were retired, here or in another of the engine's tokens.
    retired: Arc<Retired>,
    crypto: HwCrypto,
    in_flight: AtomicUsize,
    latency_us: AtomicU64,
    signatures: AtomicU64,
    rejected: AtomicU64,
}

impl Source {
    pub fn new(
        config: SourceConfig,
        timing: Timing,
        changes: Arc<Changes>,
        retired: Arc<Retired>,
    ) -> Self {
        Self {
            pin: Mutex::new(config.pin.duplicate()),
            config,
            timing,
            state: Mutex::new(SourceState::new(&timing)),
            wake: Condvar::new(),
            changes,
            retired,
            crypto: HwCrypto::default(),
            in_flight: AtomicUsize::new(0),
            latency_us: AtomicU64::new(0),
            signatures: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    /// Opens the token, which tries the PIN once.
    pub fn open(&self) -> Result<Arc<dyn Token>, Error> {
        let pin = locked(&self.pin).duplicate();
        self.config.open(&pin)
    }

    /// The token, once it was opened.
    pub fn token(&self) -> Option<Arc<dyn Token>> {
        locked(&self.state).token.clone()
    }

    /// What it is doing.
    pub fn phase(&self) -> Phase {
        locked(&self.state).phase
    }

    /// Where it stands, and whether it has the key.
    pub fn standing(&self, key: &Key) -> Standing {
        if self.retired.reason(key).is_some() {
            return Standing::Refused;
        }
        let state = locked(&self.state);
        match state.phase {
            Phase::Ready if state.has(key) => Standing::Signs,
            Phase::Ready | Phase::NoKey => Standing::Lacks {
                looked: state.looked,
            },
            Phase::Starting | Phase::Recovering | Phase::Out => Standing::Recovers,
            Phase::Refused => Standing::Refused,
        }
    }

    /// How long one more signature would take, by what the last ones took.
    pub fn expected_us(&self) -> u64 {
        let waiting = self.in_flight.load(Ordering::Relaxed) as u64;
        let sessions = self.sessions() as u64;
        let latency = self.latency_us().max(1);
        latency * (1 + waiting / sessions)
    }

    /// Microseconds for a signature, averaged over the last ones; 0 before the first.
    pub fn latency_us(&self) -> u64 {
        self.latency_us.load(Ordering::Relaxed)
    }

    /// Signs `messages` in `session` one after the other until one fails; each signature is
    /// verified. A failure that recovery may help is reported to the supervisor.
    pub fn sign(
        &self,
        session: &mut OpenSession,
        key: &Key,
        messages: &[&[u8]],
        deadline: Instant,
        generation: u64,
    ) -> SignedPrefix {
        let _in_flight = Counted::add(&self.in_flight, messages.len());
        let call_limit = self.timing.call_limit;
        let signed = self.sign_within(session, key, messages, deadline, call_limit);
        if let Some(failure) = &signed.failure {
            self.report(generation, failure, Some(key));
        }
        signed
    }

    /// The same for one message in a session of its own, without report: a probe's failure is
    /// its caller's.
    pub fn probe(&self, key: &Key, limit: Duration) -> Result<(), Error> {
        let message = release::self_test_message(&self.crypto)?;
        let until = Instant::now() + limit;
        let failure = match self.extra_session(until) {
            Ok(mut session) => {
                let signed = self.sign_within(&mut session, key, &[&message], until + limit, limit);
                signed.failure
            }
            Err(error) => Some(error),
        };
        match failure {
            None => Ok(()),
            Some(Error::DeadlinePassed) => Err(ProcessError::Hung { after: limit }.into()),
            Some(error) => Err(error),
        }
    }

    /// A session beside those of the threads that sign. Where the token has no room for it, one
    /// of those gives its own up.
    fn extra_session(&self, deadline: Instant) -> Result<OpenSession<'_>, Error> {
        let token = self.token().ok_or(Error::SessionLost)?;
        loop {
            match OpenSession::open(self, token.as_ref(), deadline) {
                Err(error) if error.is_session_count() && self.has_sessions() => {
                    self.ask_for_room();
                    if Instant::now() + ROOM_TICK >= deadline {
                        return Err(error);
                    }
                    std::thread::sleep(ROOM_TICK);
                }
                opened => return opened,
            }
        }
    }

    /// The caller wants an answer by `deadline`; the module may be silent for `call_limit`.
    fn sign_within(
        &self,
        session: &mut OpenSession,
        key: &Key,
        messages: &[&[u8]],
        deadline: Instant,
        call_limit: Duration,
    ) -> SignedPrefix {
        let began = Instant::now();
        let hung = began + call_limit;
        let prefix = self.ask(session, key, messages, deadline.min(hung));
        let prefix = prefix.unwrap_or_else(|error| SignedPrefix {
            signatures: Vec::new(),
            failure: Some(error),
        });
        let mut signed = self.verified(key, messages, prefix.signatures);
        if signed.failure.is_none() {
            signed.failure = match prefix.failure {
                Some(Error::DeadlinePassed | Error::Process(ProcessError::Hung { .. })) => {
                    Some(late(hung, deadline, call_limit))
                }
                Some(error) => Some(error),
                None => too_few(messages, &signed.signatures),
            };
        }
        self.note(signed.signatures.len(), began);
        signed
    }

    /// The token's signatures.
    fn ask(
        &self,
        session: &mut OpenSession,
        key: &Key,
        messages: &[&[u8]],
        deadline: Instant,
    ) -> Result<SignedPrefix, Error> {
        // A module may answer at once, and nobody wants the answer any more.
        if Instant::now() >= deadline {
            return Err(Error::DeadlinePassed);
        }
        let located = self.located(key)?;
        let data = messages
            .iter()
            .map(|message| release::prepared(&self.crypto, key.scheme, located.plan, message))
            .collect::<Result<Vec<_>, _>>()?;
        let data: Vec<&[u8]> = data.iter().map(AsRef::as_ref).collect();
        let mechanism = release::mechanism(located.plan);
        let session = session.until(deadline);
        Ok(session.sign_batch(located.handle, mechanism, &data))
    }

    fn located(&self, key: &Key) -> Result<UsableKey, Error> {
        match locked(&self.state).keys.get(&key.public_key) {
            Some(Ok(located)) => Ok(*located),
            _ => Err(key.not_found()),
        }
    }

    /// Those that verify, up to the first that does not.
    fn verified(&self, key: &Key, messages: &[&[u8]], signatures: Vec<Vec<u8>>) -> SignedPrefix {
        let (scheme, public_key) = (key.scheme, &key.public_key);
        let (signatures, end) =
            verified_prefix(&self.crypto, scheme, public_key, messages, signatures);
        let failure = end.err().map(Error::from);
        if let Some(error) = &failure {
            self.rejected.fetch_add(1, Ordering::Relaxed);
            tracing::error!(source = %self.config.name, %error, "a signature was rejected");
        }
        SignedPrefix {
            signatures,
            failure,
        }
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

    /// Tells the supervisor of a failure, and of the key with which it happened, unless it was
    /// already seen to.
    pub fn report(&self, generation: u64, failure: &Error, key: Option<&Key>) {
        let is_callers = matches!(failure, Error::DeadlinePassed);
        if is_callers || failure.nature() == Nature::Permanent {
            return;
        }
        let mut state = locked(&self.state);
        if state.generation == generation && state.phase == Phase::Ready {
            state.wanted = Some(failure.recovery_step());
            // A module that is gone or hangs is no key's doing.
            let suspect = key.filter(|_| !matches!(failure, Error::Process(_)));
            state.suspect = suspect.map(|key| key.public_key.clone());
            state.last_failure = Some(failure.to_string());
            state.enter(Phase::Recovering);
            self.wake.notify_all();
        }
    }

    /// Why it does not sign with `key`, though the token answers.
    pub fn refusal(&self, key: &Key) -> Option<Error> {
        let reason = self.aside(key);
        let state = locked(&self.state);
        let answers = matches!(state.phase, Phase::Ready | Phase::NoKey);
        answers.then(|| reason.map_or_else(|| key.not_found(), |reason| key.set_aside(reason)))
    }

    /// What it is doing, and what failed last.
    pub fn reason(&self) -> String {
        let state = locked(&self.state);
        let failure = state.last_failure.as_deref().unwrap_or("no failure");
        format!("{} ({}): {failure}", self.config.name, state.phase)
    }

    /// How many signatures may be made at a time.
    pub fn sessions(&self) -> usize {
        self.config.setup.limits.sessions.max(1)
    }

    /// For how long a session may be idle.
    pub fn idle_limit(&self) -> Duration {
        self.config.setup.limits.idle
    }

    /// The token and the source's generation, once it is ready; none when the engine stops.
    pub fn wait_until_ready(&self) -> Option<(Arc<dyn Token>, u64)> {
        let mut state = locked(&self.state);
        loop {
            if state.stopping {
                return None;
            }
            if let (Phase::Ready, Some(token)) = (state.phase, &state.token) {
                return Some((Arc::clone(token), state.generation));
            }
            let woken = self.wake.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for `time`; less where a step of recovery was taken since `generation`, or the
    /// engine stops.
    pub fn wait_for_change(&self, generation: u64, time: Duration) {
        let state = locked(&self.state);
        let unchanged = |state: &mut SourceState| !state.stopping && state.generation == generation;
        drop(self.wake.wait_timeout_while(state, time, unchanged));
    }

    /// A person says that what was refused is mended, and gives the PIN.
    pub fn forgive(&self, pin: Pin) {
        *locked(&self.pin) = pin;
        if let Some(marker) = &self.config.pin_marker {
            marker.remove();
        }
        locked(&self.state).forgiven = true;
    }

    /// Takes this PIN for the next login; whether it is another than before.
    ///
    /// # Errors
    /// [`Error::Pin`] when it is empty, and the token has needed one.
    pub fn take_pin(&self, pin: Pin) -> Result<bool, Error> {
        let mut own = locked(&self.pin);
        let changed = !own.is_same(&pin);
        if changed {
            pin.needed()?;
        }
        if changed {
            *own = pin;
            locked(&self.state).pin_changed = true;
        }
        Ok(changed)
    }

    /// The token to recover; none where its process has a PIN that was replaced since.
    pub fn token_of_this_pin(&self) -> Option<Arc<dyn Token>> {
        let mut state = locked(&self.state);
        let replaced = match std::mem::take(&mut state.pin_changed) {
            true => state.token.take(),
            false => None,
        };
        let token = state.token.clone();
        drop(state);
        drop(replaced);
        token
    }

    /// Has the token opened anew, once, where it is forgiven; whether it is.
    pub fn retry(&self) -> bool {
        let mut state = locked(&self.state);
        if !std::mem::take(&mut state.forgiven) || state.phase != Phase::Refused {
            return false;
        }
        // Its process keeps the PIN that was refused.
        let refused = state.token.take();
        state.wanted = Some(RecoveryStep::Restart);
        state.enter(Phase::Recovering);
        drop(state);
        drop(refused);
        self.wake.notify_all();
        true
    }

    /// Waits until recovery has ended, well or not.
    pub fn wait_until_recovered(&self) {
        loop {
            let seen = self.changes.count();
            let state = locked(&self.state);
            if state.stopping || state.phase != Phase::Recovering {
                return;
            }
            drop(state);
            self.changes
                .wait(seen, Some(Instant::now() + Duration::from_millis(100)));
        }
    }

    /// Waits, at most for `time`, until no session is open.
    pub fn wait_until_closed(&self, time: Duration) {
        let state = locked(&self.state);
        let open = |state: &mut SourceState| state.sessions > 0;
        drop(self.wake.wait_timeout_while(state, time, open));
    }

    /// Whether what was begun in `generation` is to be given up.
    pub fn is_past(&self, generation: u64) -> bool {
        let state = locked(&self.state);
        state.stopping || state.generation != generation || state.phase != Phase::Ready
    }

    /// Whether a thread is to come back from the queue: because the source has left
    /// `generation`, or because its session's room is needed.
    pub fn wants_back(&self, generation: u64, has_session: bool) -> bool {
        self.is_past(generation) || has_session && locked(&self.state).room_wanted
    }

    /// A session was closed, so that the supervisor has room for its own.
    pub fn room_given(&self) {
        locked(&self.state).room_wanted = false;
    }

    fn ask_for_room(&self) {
        locked(&self.state).room_wanted = true;
        self.changes.add();
    }

    /// Whether sessions are open.
    pub fn has_sessions(&self) -> bool {
        locked(&self.state).sessions > 0
    }

    pub fn health(&self) -> SourceHealth {
        // Asked without the state's lock: a process that is being started takes its time.
        let process = self.token().and_then(|token| token.process_id());
        let state = locked(&self.state);
        let missing = state.keys.values().filter_map(|key| key.as_ref().err());
        let mut steps: Vec<_> = state.steps.iter().map(|(step, n)| (*step, *n)).collect();
        steps.sort();
        SourceHealth {
            name: self.config.name.to_string(),
            process,
            phase: state.phase,
            since_ms: state.since.elapsed().as_millis() as u64,
            last_failure: state.last_failure.clone(),
            missing_keys: missing.cloned().collect(),
            steps,
            breaker_opened: state.breaker.opened,
            signatures: self.signatures.load(Ordering::Relaxed),
            rejected: self.rejected.load(Ordering::Relaxed),
            latency_us: self.latency_us(),
            in_flight: self.in_flight.load(Ordering::Relaxed),
        }
    }
}

/// Fewer signatures than messages, and no reason for it.
fn too_few(messages: &[&[u8]], signatures: &[Vec<u8>]) -> Option<Error> {
    let (asked, made) = (messages.len(), signatures.len());
    (made < asked).then(|| Error::ModuleMisbehaved(format!("{made} signatures for {asked}")))
}

/// A time limit that passed means that the module hangs, unless the caller was in a greater
/// hurry than that.
fn late(hung: Instant, deadline: Instant, call_limit: Duration) -> Error {
    if hung <= deadline {
        ProcessError::Hung { after: call_limit }.into()
    } else {
        Error::DeadlinePassed
    }
}

/// How often room for a session is looked for.
const ROOM_TICK: Duration = Duration::from_millis(10);

#[cfg(test)]
mod tests {
    use super::*;

    /// A message without a signature has a failure, so that it is tried again or answered.
    #[test]
    fn too_few_signatures_are_a_failure_of_the_module() {
        let messages = [&b"a"[..], b"b"];
        let failure = too_few(&messages, &[vec![1]]);
        assert!(matches!(failure, Some(Error::ModuleMisbehaved(_))));
        assert!(too_few(&messages, &[vec![1], vec![2]]).is_none());
    }
}
