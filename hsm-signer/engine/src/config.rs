//! What an engine is made of: its tokens, its keys, its patience.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_token::Pin;
use mls_signer_token::error::Error;
use mls_signer_token::failure::RecoveryStep;
use mls_signer_token::isolation::{IsolatedToken, ModuleSetup, Worker};
use mls_signer_token::{KeySelector, LogInBegins, Module, Pkcs11Token, Token};

use crate::pin_marker::PinMarker;

/// An engine's configuration.
#[derive(Debug)]
pub struct EngineConfig {
    /// The tokens. Each has the same keys; one that lacks some serves the others.
    pub sources: Vec<SourceConfig>,
    /// The keys.
    pub keys: KeyChoice,
    /// The public keys that the keys must have, in MLS's form, where they are known from
    /// before. Where there are none, the keys that the first token shows at the start are
    /// pinned from then on.
    pub pins: Vec<Vec<u8>>,
    /// The most signatures that may wait at a time.
    pub capacity: usize,
    /// How long things may take.
    pub timing: Timing,
}

impl EngineConfig {
    /// One token, the removal keys of the default labels in all their generations.
    pub fn new(source: SourceConfig) -> Self {
        Self {
            sources: vec![source],
            keys: KeyChoice::Generations,
            pins: Vec::new(),
            capacity: 65_536,
            timing: Timing::default(),
        }
    }
}

/// Which keys an engine uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChoice {
    /// Those with the default labels, in all generations; see
    /// [`generation`](mls_signer_token::keys::generation).
    Generations,
    /// Those with these names.
    Named(Vec<KeySelector>),
}

/// One token of an engine.
#[derive(Debug)]
pub struct SourceConfig {
    /// Its name in logs, reports and audit records.
    pub name: Arc<str>,
    /// The module and the token.
    pub setup: ModuleSetup,
    /// The program that holds the module, which may crash and hang. Where there is none, this
    /// process loads the module: what that does to the process, nobody undoes.
    pub worker: Option<Worker>,
    /// The user's PIN.
    pub pin: Pin,
    /// Where it is kept over restarts that the token refused the PIN.
    pub pin_marker: Option<PinMarker>,
}

impl SourceConfig {
    /// A token in a child process.
    pub fn isolated(setup: ModuleSetup, worker: Worker, pin: Pin) -> Self {
        Self {
            worker: Some(worker),
            ..Self::in_process(setup, pin)
        }
    }

    /// A token in this process.
    pub fn in_process(setup: ModuleSetup, pin: Pin) -> Self {
        Self {
            name: setup.token.to_string().into(),
            setup,
            worker: None,
            pin,
            pin_marker: None,
        }
    }

    /// The same with another name.
    pub fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Opens the token, which tries the PIN once; not at all where it was refused before.
    pub(super) fn open(&self, pin: &Pin) -> Result<Arc<dyn Token>, Error> {
        match &self.pin_marker {
            Some(marker) => {
                let begins = marker.clone();
                let begins = Arc::new(move || begins.begin());
                marker.guard(|| self.log_in(pin, begins))
            }
            None => self.log_in(pin, Arc::new(|| Ok(()))),
        }
    }

    /// Takes a step of recovery, for at most `limit`; one that logs in is not taken where the PIN was
    /// refused since it was taken, be it to another engine.
    pub(super) fn recover(
        &self,
        token: &dyn Token,
        step: RecoveryStep,
        limit: Duration,
    ) -> Result<(), Error> {
        let take = || token.recover(step, Instant::now() + limit);
        match &self.pin_marker {
            Some(marker) if step.logs_in() => marker.guard_again(take),
            _ => take(),
        }
    }

    fn log_in(&self, pin: &Pin, begins: LogInBegins) -> Result<Arc<dyn Token>, Error> {
        let setup = &self.setup;
        if let Some(worker) = &self.worker {
            let token = IsolatedToken::open_telling(setup.clone(), worker.clone(), pin, begins)?;
            return Ok(Arc::new(token));
        }
        let module = Module::load_with(&setup.module, setup.parameters.as_deref())?;
        let token = Pkcs11Token::open_telling(&module, &setup.token, pin, begins)?;
        Ok(Arc::new(token.with_rules(setup.rules.clone())))
    }
}

/// How long things may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// A module that has not answered a signature for so long hangs.
    pub call_limit: Duration,
    /// A token that has made no signature for so long is probed by one.
    pub probe_interval: Duration,
    /// A probe that takes longer has failed. An outage shows in the health report within
    /// the sum of the two.
    pub probe_limit: Duration,
    /// C_Finalize and C_Initialize are not called more often than this.
    pub reinitialise_interval: Duration,
    /// After recovery failed, it begins anew so much later; twice as much each time.
    pub first_pause: Duration,
    /// The longest such pause.
    pub longest_pause: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            call_limit: Duration::from_secs(5),
            probe_interval: Duration::from_secs(1),
            probe_limit: Duration::from_secs(2),
            reinitialise_interval: Duration::from_secs(1),
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
        }
    }
}
