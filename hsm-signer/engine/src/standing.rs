//! Where one token of the engine stands, and what one key may expect of it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use mls_signer_token::failure::RecoveryStep;
use mls_signer_token::quirks::SigningPlan;
use mls_signer_token::{ObjectHandle, Token};

use crate::breaker::Breaker;
use crate::config::Timing;
use crate::health::Phase;
use crate::key::Key;

/// Where a source stands.
pub(crate) struct SourceState {
    pub token: Option<Arc<dyn Token>>,
    pub phase: Phase,
    pub since: Instant,
    /// Raised by each step of recovery: what failed before it says nothing about now.
    pub generation: u64,
    /// The step at which recovery is to begin, once something failed.
    pub wanted: Option<RecoveryStep>,
    pub last_failure: Option<String>,
    pub last_success: Option<Instant>,
    pub steps: HashMap<RecoveryStep, u64>,
    pub breaker: Breaker,
    /// The keys by public key: where the token has them, or why it has not.
    pub keys: HashMap<Vec<u8>, Result<UsableKey, String>>,
    /// The key of the failure that recovery is to see to.
    pub suspect: Option<Vec<u8>>,
    /// Keys that failed while others signed, with how: they must sign before they are used again.
    pub aside: HashMap<Vec<u8>, String>,
    /// When the keys were last looked for, the token answered and had none of them.
    pub has_none: bool,
    /// When it last began to look for the keys.
    pub looked: Instant,
    /// Keys were found by whoever waits that they are looked at.
    pub look_wanted: bool,
    /// A person has seen to what was refused, and one more login may be tried.
    pub forgiven: bool,
    /// Another PIN was read than the token was opened with.
    pub pin_changed: bool,
    /// How many sessions are open.
    pub sessions: usize,
    /// The supervisor needs a session, for which the token has no room.
    pub room_wanted: bool,
    pub stopping: bool,
}

/// What one key may expect of a source.
#[derive(Clone, Copy)]
pub(crate) enum Standing {
    /// It signs.
    Signs,
    /// The token answers; this key was not there when it looked.
    Lacks { looked: Instant },
    /// It may sign later.
    Recovers,
    /// It will not sign until a person has seen to it.
    Refused,
}

/// A key that the token has, and how it signs with it.
#[derive(Clone, Copy)]
pub(crate) struct UsableKey {
    pub handle: ObjectHandle,
    pub plan: SigningPlan,
}

impl SourceState {
    pub fn new(timing: &Timing) -> Self {
        Self {
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
            suspect: None,
            aside: HashMap::new(),
            has_none: false,
            looked: Instant::now(),
            look_wanted: false,
            forgiven: false,
            pin_changed: false,
            sessions: 0,
            room_wanted: false,
            stopping: false,
        }
    }

    pub fn has(&self, key: &Key) -> bool {
        matches!(self.keys.get(&key.public_key), Some(Ok(_)))
    }

    pub fn enter(&mut self, phase: Phase) {
        if self.phase != phase {
            self.phase = phase;
            self.since = Instant::now();
        }
    }
}
