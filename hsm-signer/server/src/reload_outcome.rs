//! What became of the last time that a person had everything read again, for whoever asked for it.

use std::sync::{Arc, Mutex};

use mls_signer_token::sync::locked;
use serde::Serialize;

/// The readings that have ended, whole: the keys of every tenant too.
#[derive(Default)]
pub struct ReloadOutcomes(Mutex<Last>);

/// How many there were, and what the last of them did not take over.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Last {
    pub begun: u64,
    pub finished: u64,
    pub refused: Vec<String>,
}

/// One that is under way, which has ended when the last of its parts has dropped it.
pub struct Reading {
    outcomes: Arc<ReloadOutcomes>,
    refused: Mutex<Vec<String>>,
}

impl ReloadOutcomes {
    pub fn last(&self) -> Last {
        locked(&self.0).clone()
    }
}

impl Reading {
    pub fn begin(outcomes: &Arc<ReloadOutcomes>) -> Arc<Self> {
        locked(&outcomes.0).begun += 1;
        Arc::new(Self {
            outcomes: Arc::clone(outcomes),
            refused: Mutex::default(),
        })
    }

    /// A part was not taken over.
    pub fn refuse(&self, part: &str, reason: &str) {
        locked(&self.refused).push(format!("{part}: {reason}"));
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let mut last = locked(&self.outcomes.0);
        last.finished += 1;
        last.refused = std::mem::take(&mut *locked(&self.refused));
    }
}
