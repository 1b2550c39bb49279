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
pub(crate) struct Turns {
    state: Mutex<State>,
    max_waiting: usize,
}

struct State {
    free: usize,
    waiting: VecDeque<Arc<Waiter>>,
}

/// One waiting thread; `granted` is guarded by the lock of [`State`].
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[test]
    fn turns_come_in_the_order_of_asking() {
        let turns = Turns::new(1, 8);
        turns.take(soon()).unwrap();
        let order = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for number in 0..8 {
                let (turns, order) = (&turns, &order);
                scope.spawn(move || {
                    turns.take(soon()).unwrap();
                    order.lock().unwrap().push(number);
                    turns.give();
                });
                while turns.waiting() <= number {
                    std::thread::yield_now();
                }
            }
            turns.give();
        });
        assert_eq!(order.into_inner().unwrap(), (0..8).collect::<Vec<_>>());
    }

    #[test]
    fn a_full_queue_refuses_and_a_deadline_ends_the_wait() {
        let turns = Turns::new(1, 1);
        turns.take(soon()).unwrap();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| turns.take(Instant::now() + Duration::from_millis(50)));
            while turns.waiting() == 0 && !waiting.is_finished() {
                std::thread::yield_now();
            }
            if !waiting.is_finished() {
                let _ = turns.take(Instant::now()).map_err(|refused| {
                    assert!(matches!(refused, NoTurn::Full | NoTurn::Late));
                });
            }
            assert_eq!(waiting.join().unwrap(), Err(NoTurn::Late));
        });
        let none = Turns::new(0, 0);
        assert_eq!(none.take(soon()), Err(NoTurn::Full));
        turns.give();
        turns.take(soon()).unwrap();
    }
}
