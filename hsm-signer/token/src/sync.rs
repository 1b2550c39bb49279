//! Locks whose holder may have panicked: what they guard is whole all the same.

use std::sync::PoisonError;
pub use std::sync::{Condvar, Mutex, MutexGuard};

/// The guard, also after a panic elsewhere.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
