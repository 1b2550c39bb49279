//! The memory of answers until they are written. Neither strangers nor callers take what the
//! service's own user needs.

use std::sync::Arc;

use crate::config::ServiceLimits;
use crate::identity::Peer;
use crate::memory::CallerMemory;
use crate::shares::{NoShare, Share};

/// What all who are no callers have together, in bytes: they are answered why they are refused.
const STRANGERS: usize = 256 * 1024;

/// What only the service's own user takes, such as a supervisor's probe, when callers have all
/// else, in bytes.
const OWN: usize = 1024 * 1024;

pub struct AnswerMemory {
    callers: CallerMemory,
    strangers: CallerMemory,
    own: CallerMemory,
}

impl AnswerMemory {
    pub fn new(limits: &ServiceLimits) -> Self {
        let (all, each) = (limits.all_answer_bytes, limits.answer_bytes_per_caller);
        Self {
            callers: CallerMemory::new(all, each, 0),
            strangers: CallerMemory::new(STRANGERS, STRANGERS, 0),
            own: CallerMemory::new(OWN, OWN, 0),
        }
    }

    /// Takes so many bytes of the caller's with this name. Strangers are one, without a name.
    pub fn take(
        &self,
        caller: Option<&Arc<str>>,
        peer: &Peer,
        bytes: usize,
    ) -> Result<Share, NoShare> {
        let Some(name) = caller else {
            return self.strangers.take(&"".into(), bytes);
        };
        let taken = self.callers.take(name, bytes);
        if taken.is_err() && peer.is_own_user() {
            return self.own.take(name, bytes);
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_and_strangers_leave_enough_for_the_service_s_own_user() {
        let answers = AnswerMemory::new(&ServiceLimits::default());
        let take = |name: Option<&str>, peer| {
            let name = name.map(Arc::from);
            let mut all = Vec::new();
            while let Ok(share) = answers.take(name.as_ref(), &peer, 4096) {
                all.push(share);
            }
            all
        };
        let _strangers = take(None, Peer::User(4711));
        let callers = ["a", "b", "c", "d"].map(|name| take(Some(name), Peer::Development));
        let counts = callers.each_ref().map(Vec::len);
        assert_eq!(counts, [4096; 4], "strangers take nothing of callers'");
        assert_eq!(take(Some("e"), Peer::Development).len(), 0);
        let own = Peer::User(rustix::process::geteuid().as_raw());
        assert_eq!(take(Some("probe"), own).len(), OWN / 4096);
    }
}
