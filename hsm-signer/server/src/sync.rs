//! Locks whose holder may have panicked: what they guard is whole all the same.

pub(crate) use std::sync::Mutex;
use std::sync::{MutexGuard, PoisonError};

pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
