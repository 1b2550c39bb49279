//! What is proved, said aloud.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use super::engine::Proved;

static THEOREMS: AtomicUsize = AtomicUsize::new(0);
static OBLIGATIONS: AtomicUsize = AtomicUsize::new(0);
/// One line at a time.
static OUTPUT: Mutex<()> = Mutex::new(());

/// Proves a theorem, and says what it is, with the sum of all that this program has proved.
///
/// # Panics
///
/// If it is not proved.
pub(crate) fn theorem(name: &str, statement: &str, proof: impl FnOnce() -> Proved) {
    let start = Instant::now();
    let proved = proof();
    let milliseconds = start.elapsed().as_millis();
    assert!(proved.obligations > 0, "{name}: nothing was to be shown");
    let theorems = THEOREMS.fetch_add(1, Ordering::Relaxed) + 1;
    let before = OBLIGATIONS.fetch_add(proved.obligations, Ordering::Relaxed);
    let _guard = OUTPUT.lock();
    println!(
        "proved: {name}: {statement} [{} obligations in {} cases, {} steps checked, {milliseconds} ms; \
         so far {theorems} theorems, {} obligations]",
        proved.obligations,
        proved.cases,
        proved.steps,
        before + proved.obligations,
    );
}
