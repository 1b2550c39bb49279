//! The locks of this crate. A test that explores the order in which threads run includes
//! the pool with other ones under this name.

use std::sync::PoisonError;
pub use std::sync::{Condvar, Mutex, MutexGuard};

/// A panic elsewhere leaves what these locks guard whole.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
