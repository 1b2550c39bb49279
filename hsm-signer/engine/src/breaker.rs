//! The circuit breaker: after recovery failed, a token is left alone for a while, each
//! time for longer.

use std::time::{Duration, Instant};

pub(super) struct Breaker {
    first: Duration,
    longest: Duration,
    failures: u32,
    /// Until when it is open.
    pub open_until: Option<Instant>,
    /// How often it has opened.
    pub opened: u64,
}

impl Breaker {
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self {
            first,
            longest,
            failures: 0,
            open_until: None,
            opened: 0,
        }
    }

    /// Recovery failed: opens, and says until when.
    pub fn fail(&mut self, now: Instant) -> Instant {
        let doubled = 1u32.checked_shl(self.failures).unwrap_or(u32::MAX);
        let pause = self.first.saturating_mul(doubled).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        self.opened += 1;
        let until = now + pause;
        self.open_until = Some(until);
        until
    }

    /// A signature was made and verified: closes.
    pub fn succeed(&mut self) {
        self.failures = 0;
        self.open_until = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_begin_anew_after_success() {
        let seconds = Duration::from_secs;
        let mut breaker = Breaker::new(seconds(1), seconds(5));
        let now = Instant::now();
        for pause in [1, 2, 4, 5, 5] {
            assert_eq!(breaker.fail(now), now + seconds(pause));
        }
        for _ in 0..100 {
            assert_eq!(breaker.fail(now), now + seconds(5));
        }
        breaker.succeed();
        assert_eq!(breaker.open_until, None);
        assert_eq!(breaker.fail(now), now + seconds(1));
        assert_eq!(breaker.opened, 106);
    }
}
