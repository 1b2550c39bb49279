//! Turns at a scarce resource: given in the order in which they were asked for, to a
//! bounded number of waiting threads, each with a deadline.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Instant;

use crate::sync::{Condvar, Mutex, locked};

/// Why no turn was had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// As many threads wait as may.
    Full,
    /// The deadline passed while waiting.
    Late,
}

/// A fair semaphore.
#[derive(Debug)]
pub(crate) struct Turns {
    state: Mutex<State>,
    max_waiting: usize,
}

#[derive(Debug)]
struct State {
    free: usize,
    waiting: VecDeque<Arc<Waiter>>,
}

/// One waiting thread; `granted` is guarded by the lock of [`State`].
#[derive(Debug)]
struct Waiter {
    granted: Mutex<bool>,
    wake: Condvar,
}

impl Turns {
    pub(crate) fn new(count: usize, max_waiting: usize) -> Self {
        Self {
            state: Mutex::new(State {
                free: count,
                waiting: VecDeque::new(),
            }),
            max_waiting,
        }
    }

    /// Takes a turn, which ends with [`Turns::give`].
    pub(crate) fn take(&self, deadline: Instant) -> Result<(), NoTurn> {
        let waiter = {
            let mut state = locked(&self.state);
            if state.free > 0 {
                state.free -= 1;
                return Ok(());
            }
            if state.waiting.len() >= self.max_waiting {
                return Err(NoTurn::Full);
            }
            let waiter = Arc::new(Waiter {
                granted: Mutex::new(false),
                wake: Condvar::new(),
            });
            state.waiting.push_back(Arc::clone(&waiter));
            waiter
        };
        if waiter.wait(deadline) || !self.withdraw(&waiter) {
            Ok(())
        } else {
            Err(NoTurn::Late)
        }
    }

    /// Leaves the queue; false if a turn was granted at the same moment.
    fn withdraw(&self, waiter: &Arc<Waiter>) -> bool {
        let mut state = locked(&self.state);
        let place = state
            .waiting
            .iter()
            .position(|other| Arc::ptr_eq(other, waiter));
        place.is_some_and(|place| state.waiting.remove(place).is_some())
    }

    /// Ends a turn: the thread that has waited longest is next. A turn is never both
    /// free and waited for.
    pub(crate) fn give(&self) {
        let mut state = locked(&self.state);
        match state.waiting.pop_front() {
            Some(next) => next.grant(),
            None => state.free += 1,
        }
    }

    /// How many threads wait.
    pub(crate) fn waiting(&self) -> usize {
        locked(&self.state).waiting.len()
    }
}

impl Waiter {
    fn grant(&self) {
        *locked(&self.granted) = true;
        self.wake.notify_one();
    }

    /// Waits for a grant, at most until `deadline`.
    fn wait(&self, deadline: Instant) -> bool {
        let mut granted = locked(&self.granted);
        while !*granted {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let woken = self.wake.wait_timeout(granted, left);
            granted = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
