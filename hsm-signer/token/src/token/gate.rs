//! The door to a module: operations go in and out, and it can be shut until all are out.
//!
//! C_Finalize while another thread is in the module crashes SoftHSM and NSS softokn.

use std::sync::PoisonError;
use std::time::Instant;

use crate::error::Error;
use crate::sync::{Condvar, Mutex, MutexGuard, locked};

#[derive(Default)]
pub(super) struct Gate {
    state: Mutex<Door>,
    changed: Condvar,
}

#[derive(Default)]
struct Door {
    inside: usize,
    shut: bool,
}

impl Gate {
    /// Goes in; waits while the door is shut.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`] when it does not open by then.
    pub(super) fn enter(&self, deadline: Instant) -> Result<Inside<'_>, Error> {
        let mut state = locked(&self.state);
        while state.shut {
            state = self.wait(state, deadline)?;
        }
        state.inside += 1;
        Ok(Inside(self))
    }

    /// Shuts the door and waits until everybody is out. It opens again when the answer
    /// is dropped, and when the deadline passes first.
    ///
    /// # Errors
    /// [`Error::DeadlinePassed`] when somebody does not come out by then.
    pub(super) fn shut(&self, deadline: Instant) -> Result<Shut<'_>, Error> {
        let mut state = locked(&self.state);
        while state.shut {
            state = self.wait(state, deadline)?;
        }
        state.shut = true;
        let shut = Shut(self);
        while state.inside > 0 {
            state = self.wait(state, deadline)?;
        }
        drop(state);
        Ok(shut)
    }

    fn wait<'a>(
        &self,
        state: MutexGuard<'a, Door>,
        deadline: Instant,
    ) -> Result<MutexGuard<'a, Door>, Error> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::DeadlinePassed);
        }
        let waited = self.changed.wait_timeout(state, left);
        Ok(waited.unwrap_or_else(PoisonError::into_inner).0)
    }
}

/// Somebody inside, until it is dropped.
pub(super) struct Inside<'a>(&'a Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let mut state = locked(&self.0.state);
        state.inside -= 1;
        if state.shut && state.inside == 0 {
            self.0.changed.notify_all();
        }
    }
}

/// The door shut and nobody inside, until it is dropped.
pub(super) struct Shut<'a>(&'a Gate);

impl Drop for Shut<'_> {
    fn drop(&mut self) {
        locked(&self.0.state).shut = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn after(milliseconds: u64) -> Instant {
        Instant::now() + Duration::from_millis(milliseconds)
    }

    #[test]
    fn the_door_shuts_when_everybody_is_out() {
        let gate = Gate::default();
        let inside = gate.enter(after(1000)).unwrap();
        assert!(gate.shut(after(20)).is_err(), "somebody is inside");
        drop(gate.enter(after(1000)).unwrap());
        drop(inside);
        let shut = gate.shut(after(1000)).unwrap();
        assert!(gate.enter(after(20)).is_err(), "the door is shut");
        drop(shut);
        assert!(gate.enter(after(1000)).is_ok());
    }
}
