//! The time that records and statements are given.

use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since 1 January 1970, UTC.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}
