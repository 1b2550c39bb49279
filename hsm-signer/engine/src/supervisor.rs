//! The thread that sees to one source: opens its token, probes it when it is quiet, and
//! takes the steps of recovery when something failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::health::Phase;
use crate::key::{Key, what_replaces};
use crate::source::Source;
use crate::standing::SourceState;
use mls_signer_token::error::{Error, ProcessError};
use mls_signer_token::failure::{Nature, RecoveryStep};
use mls_signer_token::sync::locked;

/// The engine's keys, which a rotation adds to.
pub(super) type Keys = Mutex<Vec<Arc<Key>>>;

pub(super) struct Supervisor {
    source: Arc<Source>,
    keys: Arc<Keys>,
    /// Which key is probed next.
    turn: usize,
    /// The keys that were there when the source was last ready.
    had: Vec<Arc<Key>>,
    last_reinitialised: Option<Instant>,
    /// Since when it does not sign, however often recovery has begun since.
    failing: Option<Instant>,
}

enum Task {
    Probe,
    /// For the keys that are missing.
    Look,
    /// For any of the keys, for there is none.
    LookForAny,
    Recover(RecoveryStep),
    Stop,
}

impl Supervisor {
    pub fn new(source: Arc<Source>, keys: Arc<Keys>) -> Self {
        Self {
            source,
            keys,
            turn: 0,
            had: Vec::new(),
            last_reinitialised: None,
            failing: None,
        }
    }

    /// Opens the token for the first time. The keys may not be known yet.
    pub fn open(&self) -> Result<(), Error> {
        let opened = self.source.open();
        let mut state = locked(&self.source.state);
        let token = opened.inspect_err(|error| {
            tracing::error!(source = %self.source.config.name, %error, "a token was not opened");
            state.last_failure = Some(error.to_string());
            state.enter(match error.nature() {
                Nature::Permanent => Phase::Refused,
                _ => Phase::Out,
            });
        })?;
        state.token = Some(token);
        Ok(())
    }

    /// Sees to the source until the engine stops.
    pub fn run(mut self) {
        self.guarded(Self::begin);
        loop {
            match self.next_task() {
                Task::Stop => return,
                Task::Probe => self.guarded(Self::probe_quiet),
                Task::Look => self.guarded(Self::look_for_missing),
                Task::LookForAny => {
                    self.guarded(Self::look_for_any);
                    self.looked(&mut locked(&self.source.state));
                }
                Task::Recover(step) => self.guarded(|this| this.recover(step, None)),
            }
        }
    }

    /// A fault of ours must not leave the source without anybody who sees to it.
    fn guarded(&mut self, work: impl FnOnce(&mut Self)) {
        let done = catch_unwind(AssertUnwindSafe(|| work(self)));
        if done.is_err() {
            self.give_up(None);
        }
    }

    /// Finds the keys and makes a first signature.
    fn begin(&mut self) {
        if self.source.token().is_none() {
            return;
        }
        match self.prove() {
            Ok(()) => self.ready(),
            Err(error) => self.recover(error.recovery_step(), Some(error)),
        }
    }

    fn next_task(&self) -> Task {
        let mut state = locked(&self.source.state);
        loop {
            if state.stopping {
                return Task::Stop;
            }
            if let Some(step) = state.wanted.take() {
                return Task::Recover(step);
            }
            if state.phase != Phase::NoKey {
                self.looked(&mut state);
            }
            let now = Instant::now();
            let look = self.look_due(&state);
            if look.is_some_and(|look| look <= now) {
                return match state.phase {
                    Phase::NoKey => Task::LookForAny,
                    _ => Task::Look,
                };
            }
            let due = self.due(&state);
            match due {
                Some(due) if due <= now && state.phase == Phase::Ready => return Task::Probe,
                Some(due) if due <= now => {
                    state.enter(Phase::Recovering);
                    return Task::Recover(RecoveryStep::FindKey);
                }
                due => {
                    let next = [due, look].into_iter().flatten().min();
                    let time = next.map_or(Duration::from_secs(3600), |next| next - now);
                    let woken = self.source.wake.wait_timeout(state, time);
                    state = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
            }
        }
    }

    /// When something is to be done without being told.
    fn due(&self, state: &SourceState) -> Option<Instant> {
        let interval = self.source.timing.probe_interval;
        match state.phase {
            Phase::Ready => Some(state.last_success.unwrap_or(state.since) + interval),
            Phase::Out => Some(state.breaker.open_until.unwrap_or(state.since)),
            Phase::Starting | Phase::Recovering | Phase::NoKey | Phase::Refused => None,
        }
    }

    /// When keys that are missing are looked for again: they may come back while others
    /// sign, and then no failure tells of it.
    fn look_due(&self, state: &SourceState) -> Option<Instant> {
        if state.look_wanted {
            return Some(state.looked);
        }
        let is_due = match state.phase {
            Phase::Ready => self.known_keys().iter().any(|key| !state.has(key)),
            Phase::NoKey => true,
            _ => false,
        };
        is_due.then(|| state.looked + self.source.timing.probe_interval)
    }

    /// Whoever waits that a token without a key is looked at need wait no more.
    fn looked(&self, state: &mut SourceState) {
        if std::mem::take(&mut state.look_wanted) {
            self.source.changes.add();
        }
    }

    /// A source that has signed nothing for a while makes a signature.
    fn probe_quiet(&mut self) {
        let failed = match self.keep_alive() {
            Err(error) => Some((error, None)),
            Ok(()) => self.probe().err(),
        };
        let Some((error, key)) = failed else {
            return;
        };
        if key.is_some_and(|key| self.fails_alone(&key)) {
            return self.ready();
        }
        self.recover(error.recovery_step(), Some(error));
    }

    fn keep_alive(&self) -> Result<(), Error> {
        let token = self.source.token().ok_or(Error::SessionLost)?;
        token.keep_alive(Instant::now() + self.source.timing.probe_limit)
    }

    fn look_for_missing(&mut self) {
        let deadline = Instant::now() + self.source.timing.probe_limit;
        self.source.find_missing(self.known_keys(), deadline);
        (self.had, _) = self.source.sorted(self.known_keys());
    }

    /// A token without a key makes no signature by which its outage would show.
    fn look_for_any(&mut self) {
        if let Err(error) = self.keep_alive() {
            return self.recover(error.recovery_step(), Some(error));
        }
        self.look_for_missing();
        if !self.had.is_empty() && self.probe().is_ok() {
            tracing::info!(source = %self.source.config.name, "it has a key again");
            self.ready();
        }
    }

    /// Whether it is this key that fails, and not the token, which signs with another or says that
    /// the key is no good. It is then set aside, whatever has become of it: exchanged, destroyed, or
    /// without a right that it had. Recovery is for the token's failures.
    fn fails_alone(&self, key: &Arc<Key>) -> bool {
        if self.source.is_aside(key) {
            return true;
        }
        let another_signs = self.another_signs(key);
        let limit = self.source.timing.probe_limit;
        match self.source.probe(key, limit) {
            Ok(()) | Err(Error::Process(_)) => false,
            Err(failure) if !another_signs && !failure.is_a_keys_for_good() => false,
            Err(failure) => {
                let deadline = Instant::now() + limit;
                let aside = self.source.set_aside(key, &failure, deadline);
                let (_, missing) = self.source.sorted(vec![Arc::clone(key)]);
                aside || missing.is_empty()
            }
        }
    }

    /// One other is asked: each that is costs time in which nobody signs. Where that is gone too,
    /// recovery's first step finds which there are.
    fn another_signs(&self, key: &Arc<Key>) -> bool {
        let limit = self.source.timing.probe_limit;
        let (present, _) = self.source.sorted(self.known_keys());
        let mut others = present.iter().filter(|other| !Arc::ptr_eq(other, key));
        others
            .next()
            .is_some_and(|other| self.source.probe(other, limit).is_ok())
    }

    /// The key with which something failed, as whoever signed has said.
    fn suspect(&self) -> Option<Arc<Key>> {
        let suspect = locked(&self.source.state).suspect.take()?;
        let mut known = self.known_keys().into_iter();
        known.find(|key| key.public_key == suspect)
    }

    /// One signature, of each key in turn; where it fails, with which.
    fn probe(&mut self) -> Result<(), (Error, Option<Arc<Key>>)> {
        let (present, _) = self.source.sorted(self.known_keys());
        self.turn = self.turn.wrapping_add(1);
        match present.get(self.turn % present.len().max(1)) {
            Some(key) => {
                let probed = self.source.probe(key, self.source.timing.probe_limit);
                probed.map_err(|error| (error, Some(Arc::clone(key))))
            }
            None => {
                let class = "private key";
                let wanted = "that the engine uses".into();
                Err((Error::KeyNotFound { class, wanted }, None))
            }
        }
    }

    fn prove(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + self.source.timing.probe_limit;
        self.source.find_keys(&self.known_keys(), deadline)?;
        self.probe().map_err(|(error, _)| error)
    }

    fn known_keys(&self) -> Vec<Arc<Key>> {
        locked(&self.keys).clone()
    }

    /// It signs, with what keys it has left.
    fn ready(&mut self) {
        (self.had, _) = self.source.sorted(self.known_keys());
        match self.had.is_empty() {
            true => self.without_key(),
            false => self.settle(Phase::Ready),
        }
    }

    /// The token answers, and no step has brought a key back: none is shown or used until it is there
    /// again, and nothing is done but to look for them.
    fn without_key(&mut self) {
        let (_, mut missing) = self.source.sorted(self.known_keys());
        missing.retain(|key| !self.source.is_aside(key));
        self.source.leave_aside(&missing);
        self.failing = None;
        let advice = what_replaces(&self.known_keys());
        tracing::error!(
            source = %self.source.config.name,
            "recovery ends: the token answers and has none of the keys that it had, or none that it \
             can use. They are looked for until they are there again. Should they be gone for good, {advice}"
        );
        self.settle(Phase::NoKey);
    }

    /// There is nothing to recover from.
    fn settle(&self, phase: Phase) {
        let mut state = locked(&self.source.state);
        state.breaker.succeed();
        state.wanted = None;
        state.enter(phase);
        drop(state);
        self.source.wake.notify_all();
        self.source.changes.add();
    }

    /// Takes the steps from `first` on until a signature is made and verified and no key is
    /// lost, or no step is left. A key may be lost to a module that has lost sight of what is in
    /// the token: only where the last step does not find it either do the other keys go on
    /// without it.
    fn recover(&mut self, first: RecoveryStep, mut failure: Option<Error>) {
        self.fail(failure.as_ref());
        let suspect = self.suspect();
        if suspect.is_some_and(|key| self.fails_alone(&key)) {
            return self.ready();
        }
        let began = *self.failing.get_or_insert_with(Instant::now);
        let name = Arc::clone(&self.source.config.name);
        let cause = self.last_failure();
        tracing::warn!(source = %name, cause, "recovery begins");
        let well = |this: &mut Self| {
            tracing::info!(source = %name, after = ?began.elapsed(), cause, "all is well again");
            this.failing = None;
            this.ready();
        };
        if failure.as_ref().is_some_and(Error::is_a_keys_for_good) {
            return self.give_up(failure.as_ref());
        }
        let mut least = first;
        let mut signs = false;
        let mut restarted = false;
        // The process that was started may be gone as well, before it could prove anything.
        for step in RecoveryStep::ALL.into_iter().chain([RecoveryStep::Restart]) {
            let in_vain = restarted && !failure.as_ref().is_some_and(is_gone);
            if step < least || in_vain || !self.possible(step) {
                continue;
            }
            restarted |= step == RecoveryStep::Restart;
            let stepped = self.step(step);
            signs = stepped.is_ok();
            match stepped.and_then(|()| self.no_key_is_lost()) {
                Ok(()) => return well(self),
                Err(error) => {
                    // A process that is gone needs no new session first.
                    least = least.max(error.recovery_step());
                    let hopeless = error.waits_for_a_pin()
                        || error.is_a_keys_for_good()
                        || self.has_none_as_before();
                    self.fail(Some(&error));
                    failure = Some(error);
                    if hopeless {
                        break;
                    }
                }
            }
            if locked(&self.source.state).stopping {
                return;
            }
        }
        if signs {
            self.source.leave_aside(&self.lost_keys());
            well(self);
        } else if self.source.has_none() {
            self.without_key();
        } else {
            self.give_up(failure.as_ref());
        }
    }

    /// Whether the token answers and has none of the keys, all of which are set aside.
    fn has_none_as_before(&self) -> bool {
        let aside = |key: &Arc<Key>| self.source.is_aside(key);
        self.source.has_none() && self.known_keys().iter().all(aside)
    }

    /// The keys that the token had, and has no more, and that are not set aside for it.
    fn lost_keys(&self) -> Vec<Arc<Key>> {
        let (_, mut missing) = self.source.sorted(self.known_keys());
        let had = |key: &Arc<Key>| self.had.iter().any(|had| had.public_key == key.public_key);
        missing.retain(|key| had(key) && !self.source.is_aside(key));
        missing
    }

    fn no_key_is_lost(&self) -> Result<(), Error> {
        let lost = self.lost_keys().into_iter().next();
        lost.map_or(Ok(()), |lost| Err(lost.not_found()))
    }

    fn fail(&self, failure: Option<&Error>) {
        let mut state = locked(&self.source.state);
        if let Some(failure) = failure {
            state.last_failure = Some(failure.to_string());
        }
        state.enter(Phase::Recovering);
        drop(state);
        self.source.changes.add();
    }

    /// Whether the token has the step, and it is not too early for it.
    fn possible(&self, step: RecoveryStep) -> bool {
        let interval = self.source.timing.reinitialise_interval;
        let last = self.last_reinitialised;
        let early = last.is_some_and(|last| last.elapsed() < interval);
        match self.source.token() {
            Some(_) if step == RecoveryStep::Reinitialise && early => false,
            Some(token) => token.knows(step),
            None => step == RecoveryStep::Restart,
        }
    }

    /// What failed last.
    fn last_failure(&self) -> String {
        let failure = locked(&self.source.state).last_failure.clone();
        failure.unwrap_or_else(|| "a fault of this program".into())
    }

    /// Takes one step, counted and logged, and tries a signature.
    fn step(&mut self, step: RecoveryStep) -> Result<(), Error> {
        let (name, failure) = (&self.source.config.name, self.last_failure());
        tracing::info!(source = %name, %step, failure, "recovering");
        {
            let mut state = locked(&self.source.state);
            *state.steps.entry(step).or_default() += 1;
            state.generation += 1;
            state.room_wanted = false;
            state.has_none = false;
        }
        self.source.wake.notify_all();
        self.source.changes.add();
        if step != RecoveryStep::Restart {
            self.source
                .wait_until_closed(self.source.timing.probe_limit);
        }
        self.source.forget_latency();
        if step == RecoveryStep::Reinitialise {
            self.last_reinitialised = Some(Instant::now());
        }
        let token = match step.logs_in() {
            true => self.source.token_of_this_pin(),
            false => self.source.token(),
        };
        match token {
            Some(token) => {
                let limit = self.source.timing.probe_limit;
                self.source.config.recover(token.as_ref(), step, limit)?;
            }
            None => {
                let token = self.source.open()?;
                locked(&self.source.state).token = Some(token);
            }
        }
        self.prove()
    }

    /// No step is left: the breaker opens, or nothing will ever help.
    fn give_up(&self, failure: Option<&Error>) {
        let cause = self.last_failure();
        let name = &self.source.config.name;
        let mut state = locked(&self.source.state);
        if failure.is_some_and(Error::waits_for_a_pin) {
            tracing::error!(
                source = %name,
                cause,
                "recovery ends: the PIN is not tried again until a person has acted. Correct it or \
                 have the token unlocked, then send SIGHUP to the service (systemctl reload)"
            );
            state.enter(Phase::Refused);
        } else {
            let until = state.breaker.fail(Instant::now());
            let pause = until.saturating_duration_since(Instant::now());
            tracing::error!(source = %name, cause, ?pause, "recovery failed; it begins anew later");
            state.wanted = None;
            state.enter(Phase::Out);
        }
        drop(state);
        self.source.changes.add();
    }
}

/// Whether the module's process has ended; one that hangs would hang again.
fn is_gone(failure: &Error) -> bool {
    matches!(
        failure,
        Error::Process(ProcessError::Gone(_) | ProcessError::Ended { .. })
    )
}
