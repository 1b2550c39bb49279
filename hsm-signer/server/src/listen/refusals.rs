//! What a listener refuses: all of it is counted, and a few lines say how much.

use prometheus_client::metrics::counter::Counter;

use crate::log_limit::LogLimit;

pub struct Refusals {
    listener: &'static str,
    counter: Counter,
    lines: LogLimit,
}

impl Refusals {
    pub fn new(listener: &'static str, counter: Counter) -> Self {
        Self {
            listener,
            counter,
            lines: LogLimit::default(),
        }
    }

    /// One more, for this reason.
    pub fn add(&self, reason: &str) {
        self.counter.inc();
        if let Some(left_out) = self.lines.admit() {
            let listener = self.listener;
            tracing::warn!(listener, reason, left_out, "a connection was refused");
        }
    }
}
