//! What a listener refuses: all of it is counted, and a line a second says how much.

use std::time::{Duration, Instant};

use mls_signer_token::sync::{Mutex, locked};
use prometheus_client::metrics::counter::Counter;

/// Between two lines.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Refusals {
    listener: &'static str,
    /// What became of the connections.
    became: &'static str,
    counter: Counter,
    /// How many no line has told of, and when the last line was.
    unsaid: Mutex<(u64, Option<Instant>)>,
}

impl Refusals {
    pub fn new(listener: &'static str, became: &'static str, counter: Counter) -> Self {
        Self {
            listener,
            became,
            counter,
            unsaid: Mutex::default(),
        }
    }

    /// One more, for this reason.
    pub fn add(&self, reason: &str) {
        self.counter.inc();
        let mut guard = locked(&self.unsaid);
        let (unsaid, last) = &mut *guard;
        *unsaid += 1;
        if last.is_some_and(|last| last.elapsed() < PAUSE) {
            return;
        }
        *last = Some(Instant::now());
        let (listener, became) = (self.listener, self.became);
        tracing::warn!(
            listener,
            connections = *unsaid,
            reason,
            "connections {became}"
        );
        *unsaid = 0;
    }
}
