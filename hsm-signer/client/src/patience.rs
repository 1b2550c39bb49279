//! For how long a client tries, and how it waits in between.

use std::time::{Duration, Instant};

/// For how long a client tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For one request with all its attempts.
    pub total: Duration,
    /// For one attempt; a connection that is silent for longer is given up.
    pub attempt: Duration,
    /// The first pause; each one is twice as long as the one before.
    pub first_pause: Duration,
    /// The longest pause, and the longest that a Retry-After is followed.
    pub longest_pause: Duration,
}

impl Patience {
    /// One attempt of ten seconds, for whoever looks on and can ask again.
    pub const ONCE: Self = Self {
        total: Duration::from_secs(10),
        attempt: Duration::from_secs(10),
        first_pause: Duration::from_secs(10),
        longest_pause: Duration::from_secs(10),
    };

    /// Whether trying again within the time for all attempts makes sense: not where the service asks for
    /// a longer pause, as it does when a person has to act first.
    pub fn reaches(self, retry_after: Option<Duration>) -> bool {
        retry_after.is_none_or(|pause| pause <= self.total)
    }
}

impl Default for Patience {
    /// Thirty seconds in all, ten for an attempt, pauses from 20 milliseconds to 2 seconds.
    fn default() -> Self {
        Self {
            total: Duration::from_secs(30),
            attempt: Duration::from_secs(10),
            first_pause: Duration::from_millis(20),
            longest_pause: Duration::from_secs(2),
        }
    }
}

/// The attempts of one request.
///
/// `backon` bounds the sum of the pauses. The bound here is the time that has passed, attempts
/// included; rounds of a batch share it, and the service's Retry-After takes precedence over
/// the pause.
pub struct Attempts {
    patience: Patience,
    until: Instant,
    pause: Duration,
}

impl Attempts {
    pub fn new(patience: Patience) -> Self {
        Self {
            patience,
            until: Instant::now() + patience.total,
            pause: patience.first_pause,
        }
    }

    /// How long the next attempt may take; `None` when the time is up.
    pub fn next(&self) -> Option<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then(|| left.min(self.patience.attempt))
    }

    /// Waits before the next attempt, for as long as Retry-After says if there was one; false
    /// when the time would be up, or be up by the service's own word.
    pub async fn wait(&mut self, retry_after: Option<Duration>) -> bool {
        if !self.patience.reaches(retry_after) {
            return false;
        }
        let pause = retry_after
            .unwrap_or(self.pause)
            .min(self.patience.longest_pause);
        self.pause = (self.pause * 2).min(self.patience.longest_pause);
        if Instant::now() + pause >= self.until {
            return false;
        }
        tokio::time::sleep(pause).await;
        true
    }
}
