//! Counts the changes of all sources' standing, and wakes who waits for the next.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use mls_signer_token::sync::locked;

#[derive(Debug, Default)]
pub(crate) struct Changes {
    count: Mutex<u64>,
    changed: Condvar,
}

impl Changes {
    /// How many changes there have been.
    pub fn count(&self) -> u64 {
        *locked(&self.count)
    }

    /// There was one.
    pub fn add(&self) {
        *locked(&self.count) += 1;
        self.changed.notify_all();
    }

    /// Waits for a change after the one numbered `seen`, until `deadline` if there is one.
    pub fn wait(&self, seen: u64, deadline: Option<Instant>) {
        let mut count = locked(&self.count);
        while *count == seen {
            count = match deadline {
                None => self
                    .changed
                    .wait(count)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    let waited = self.changed.wait_timeout(count, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }
}
