//! The sessions of a signer that many threads share: kept for the next caller, and no more of
//! them at a time than the limit.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::sync::{Condvar, Mutex, locked};
use crate::token::{Access, SessionLimits, Token, TokenSession};

pub(crate) struct SessionPool {
    token: Arc<dyn Token>,
    limits: SessionLimits,
    state: Mutex<Sessions>,
    returned: Condvar,
}

struct Sessions {
    idle: Vec<(Box<dyn TokenSession>, Instant)>,
    /// Lent or idle.
    open: usize,
    /// How many may be open: fewer than the limit once the token had no room for more.
    most: usize,
}

impl SessionPool {
    pub(crate) fn new(token: Arc<dyn Token>, limits: SessionLimits) -> Self {
        let most = limits.sessions.max(1);
        Self {
            token,
            limits,
            state: Mutex::new(Sessions {
                idle: Vec::new(),
                open: 0,
                most,
            }),
            returned: Condvar::new(),
        }
    }

    /// How long a caller who names no deadline waits, for a free session and for what it is for.
    pub(crate) fn patience(&self) -> Duration {
        self.token.patience()
    }

    /// Has `work` done in a session, which is kept for the next caller unless `work` fails.
    ///
    /// # Errors
    /// Those of `work`; [`Error::DeadlinePassed`] when no session is free by `deadline`; why
    /// none could be opened.
    pub(crate) fn with<T>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&mut dyn TokenSession) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut session = self.take(deadline)?;
        session.set_deadline(deadline);
        let done = work(session.as_mut());
        self.give_back(session, done.is_ok());
        done
    }

    fn take(&self, deadline: Instant) -> Result<Box<dyn TokenSession>, Error> {
        let mut state = locked(&self.state);
        loop {
            let stale = state.take_stale(self.limits.idle);
            if let Some((session, _)) = state.idle.pop() {
                return Ok(session);
            }
            if state.open < state.most {
                state.open += 1;
                drop(state);
                drop(stale);
                match self.open(deadline)? {
                    Some(session) => return Ok(session),
                    None => state = locked(&self.state),
                }
                continue;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::DeadlinePassed);
            }
            let waited = self.returned.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Opens one more, which is counted already; none where the token has no room for it and
    /// others are open.
    fn open(&self, deadline: Instant) -> Result<Option<Box<dyn TokenSession>>, Error> {
        let error = match self.token.session_by(Access::Use, deadline) {
            Ok(session) => return Ok(Some(session)),
            Err(error) => error,
        };
        let mut state = locked(&self.state);
        state.open -= 1;
        if error.is_session_count() && state.open > 0 {
            state.most = state.open;
            return Ok(None);
        }
        drop(state);
        self.returned.notify_one();
        Err(error)
    }

    fn give_back(&self, session: Box<dyn TokenSession>, usable: bool) {
        let mut state = locked(&self.state);
        let unwanted = if usable {
            state.idle.push((session, Instant::now()));
            None
        } else {
            state.open -= 1;
            Some(session)
        };
        drop(state);
        drop(unwanted);
        self.returned.notify_one();
    }
}

impl Sessions {
    /// Those that the token may have closed meanwhile.
    fn take_stale(&mut self, idle: Duration) -> Vec<(Box<dyn TokenSession>, Instant)> {
        let stale: Vec<_> = self
            .idle
            .extract_if(.., |(_, since)| since.elapsed() > idle)
            .collect();
        self.open -= stale.len();
        stale
    }
}
