//! A token bucket: a bound on removals a second on average, and on removals at once.
//!
//! Written here because a batch may be larger than the bucket: it is let through once the
//! bucket is full, and paid for afterwards. `governor` never lets it through.

use std::time::{Duration, Instant};

use mls_signer_token::sync::{Mutex, locked};

pub struct TokenBucket {
    per_second: f64,
    size: f64,
    /// How many there were, and when that was.
    level: Mutex<(f64, Instant)>,
}

impl TokenBucket {
    /// A full bucket for `size` at once, refilled by `per_second`.
    pub fn new(per_second: u32, size: u32) -> Self {
        let size = f64::from(size.max(1));
        Self {
            per_second: f64::from(per_second.max(1)),
            size,
            level: Mutex::new((size, Instant::now())),
        }
    }

    /// Takes `count` out, or says after how long there would be as many.
    ///
    /// # Errors
    /// The time to wait. More than the bucket holds can be taken once it is full.
    pub fn take(&self, count: usize, now: Instant) -> Result<(), Duration> {
        let mut guard = locked(&self.level);
        let (level, since) = &mut *guard;
        let refill = now.saturating_duration_since(*since).as_secs_f64() * self.per_second;
        *level = (*level + refill).min(self.size);
        *since = now;
        let needed = (count as f64).min(self.size);
        if *level < needed {
            return Err(Duration::from_secs_f64((needed - *level) / self.per_second));
        }
        *level -= count as f64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_average_is_kept_and_a_large_batch_is_paid_for_later() {
        let bucket = TokenBucket::new(10, 20);
        let start = Instant::now();
        let after = |seconds: f64| start + Duration::from_secs_f64(seconds);
        assert_eq!(bucket.take(15, after(0.0)), Ok(()));
        let wait = bucket.take(10, after(0.0)).unwrap_err();
        assert!((wait.as_secs_f64() - 0.5).abs() < 0.01, "{wait:?}");
        assert_eq!(bucket.take(10, after(0.6)), Ok(()));
        // 100 at once need a full bucket, and then nothing for ten seconds.
        assert_eq!(bucket.take(100, after(3.0)), Ok(()));
        assert!(bucket.take(1, after(10.9)).is_err());
        assert_eq!(bucket.take(1, after(11.2)), Ok(()));
    }
}
