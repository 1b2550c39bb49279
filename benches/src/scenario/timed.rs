//! The timed part of every trial, in one function.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Does `work`, and says how long it took. Callgrind counts the instructions of this
/// function and of what it calls, by its name
/// ([`TIMED_FUNCTION`](crate::instructions::TIMED_FUNCTION)), and so it is never inlined.
#[inline(never)]
pub(super) fn timed_part<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = black_box(work());
    (result, start.elapsed())
}
