//! How many sessions a token is used with.

use std::time::Duration;

/// How many sessions a token is used with, and for how long one may be idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// The most sessions used at a time, besides the one that keeps the login alive.
    /// Where the token has room for fewer, fewer are used.
    pub sessions: usize,
    /// A session that was idle for longer is closed, before the token closes it.
    pub idle: Duration,
}

impl Default for SessionLimits {
    /// 30 sessions, with which network HSMs are at their best; idle for 20 seconds, below
    /// the 30 after which some tokens close them.
    fn default() -> Self {
        Self {
            sessions: 30,
            idle: Duration::from_secs(20),
        }
    }
}
