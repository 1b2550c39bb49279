//! A bell that rings when any source's standing changes.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use mls_signer_token::sync::locked;

#[derive(Debug, Default)]
pub(super) struct Board {
    changes: Mutex<u64>,
    bell: Condvar,
}

impl Board {
    /// How many changes there have been.
    pub fn changes(&self) -> u64 {
        *locked(&self.changes)
    }

    pub fn ring(&self) {
        *locked(&self.changes) += 1;
        self.bell.notify_all();
    }

    /// Waits for a change after the one numbered `seen`; false when the deadline passes.
    pub fn wait(&self, seen: u64, deadline: Instant) -> bool {
        let mut changes = locked(&self.changes);
        while *changes == seen {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.bell.wait_timeout(changes, left);
            changes = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
