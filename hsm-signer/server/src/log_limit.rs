//! A bound on the lines that the log gets of one kind of event, however often it happens.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::rate::TokenBucket;

/// Lines a second on average, and at once after a pause.
const LINES_PER_SECOND: u32 = 1;
const LINES_AT_ONCE: u32 = 5;

pub struct LogLimit {
    lines: TokenBucket,
    left_out: AtomicU64,
}

impl Default for LogLimit {
    fn default() -> Self {
        Self {
            lines: TokenBucket::new(LINES_PER_SECOND, LINES_AT_ONCE),
            left_out: AtomicU64::new(0),
        }
    }
}

impl LogLimit {
    /// Whether the event gets a line; if so, how many had none since the last one.
    pub fn admit(&self) -> Option<u64> {
        if self.lines.take(1, Instant::now()).is_ok() {
            return Some(self.left_out.swap(0, Ordering::Relaxed));
        }
        self.left_out.fetch_add(1, Ordering::Relaxed);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gets_no_line_is_counted() {
        let limit = LogLimit::default();
        let mut lines: Vec<u64> = (0..1000).filter_map(|_| limit.admit()).collect();
        assert!((5..1000).contains(&lines.len()), "{}", lines.len());
        while limit.admit().map(|left_out| lines.push(left_out)).is_none() {}
        let events = lines.len() as u64 + lines.iter().sum::<u64>();
        assert!(events >= 1001, "{events}");
    }
}
