//! Something that is under way, counted until it is dropped, as it is by a panic too.

use std::sync::atomic::{AtomicUsize, Ordering};

pub(crate) struct Counted<'a> {
    counter: &'a AtomicUsize,
    count: usize,
}

impl<'a> Counted<'a> {
    pub fn add(counter: &'a AtomicUsize, count: usize) -> Self {
        counter.fetch_add(count, Ordering::Relaxed);
        Self { counter, count }
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.counter.fetch_sub(self.count, Ordering::Relaxed);
    }
}
