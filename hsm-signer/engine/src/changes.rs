//! Counts the changes of all sources' standing, and wakes who waits for the next.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use mls_signer_token::sync::locked;

/// A wait without a deadline ends too, to no harm.
const LONG: Duration = Duration::from_secs(3600);

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

    /// Waits for a change after the one numbered `seen`, until `deadline` if there is one; who
    /// waits looks at the time anew.
    pub fn wait(&self, seen: u64, deadline: Option<Instant>) {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let unchanged = |count: &mut u64| *count == seen;
        let changed = &self.changed;
        drop(changed.wait_timeout_while(locked(&self.count), left.unwrap_or(LONG), unchanged));
    }
}
