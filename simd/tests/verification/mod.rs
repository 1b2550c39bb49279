//! What the tests of verification share.

// Each test file uses a part of it.
#![allow(dead_code)]

use std::{
    fmt::Debug,
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use mls_lanes::Backend;

use crate::common::{self, Randomness};

pub mod ed25519;
pub mod p256;

/// Runs all cases once for each lane, so that each visits them all; returns how many times a case
/// ran.
pub fn in_every_lane<C, V: Copy + Debug + PartialEq>(
    backend: Backend,
    cases: &[C],
    verdicts: &[V],
    verify: impl Fn(&[&C]) -> Vec<V>,
) -> usize {
    let mut ran = 0;
    for shift in 0..backend.lanes() {
        let at = |i: usize| (i + shift) % cases.len();
        let rotated: Vec<_> = (0..cases.len()).map(|i| &cases[at(i)]).collect();
        for (i, found) in verify(&rotated).iter().enumerate() {
            assert_eq!(*found, verdicts[at(i)], "{backend}: case {}", at(i));
            ran += 1;
        }
    }
    ran
}

/// How many signatures a batch has: whole groups, and some left over.
const BATCH: usize = 331;
/// The portable backend takes part in one batch of so many, and aws-lc-rs is asked for its verdicts.
const PORTABLE_EVERY: usize = 10;

/// Verifies random batches on every core: as many signatures as an environment variable asks for, or
/// a few, on each vector backend, and a tenth on the portable one. The second of two cases is
/// spoiled, and aws-lc-rs says of a tenth that nothing else is bad. Asserts how many ran.
pub fn run_random<C: Sync>(
    variable: &str,
    cases: impl Fn(&mut Randomness, usize) -> Vec<C> + Sync,
    verdict: impl Fn(&C) -> bool + Sync,
    verify: impl Fn(Backend, &[&C]) -> Vec<bool> + Sync,
) {
    let backends = common::backends();
    let asked = std::env::var(variable).ok();
    let count = asked.map_or(10 * BATCH, |number| number.parse().expect("a number"));
    let batches = count.div_ceil(BATCH);
    let seed = Randomness::new().word();
    let next = AtomicUsize::new(0);
    let ran: Vec<_> = backends.iter().map(|_| AtomicUsize::new(0)).collect();
    let takes_part = |backend: Backend, batch: usize| {
        backend.lanes() > 1 || batch.is_multiple_of(PORTABLE_EVERY)
    };
    let work = || {
        loop {
            let batch = next.fetch_add(1, Relaxed);
            if batch >= batches {
                return;
            }
            let cases = cases(&mut Randomness::from_seed(seed ^ batch as u64), BATCH);
            let cases: Vec<_> = cases.iter().collect();
            let expected: Vec<_> = (0..BATCH).map(|i| i.is_multiple_of(2)).collect();
            if batch.is_multiple_of(PORTABLE_EVERY) {
                let verdicts: Vec<_> = cases.iter().map(|case| verdict(case)).collect();
                assert_eq!(verdicts, expected, "aws-lc-rs, batch {batch}");
            }
            for (backend, ran) in backends.iter().zip(&ran) {
                if takes_part(*backend, batch) {
                    assert_eq!(
                        verify(*backend, &cases),
                        expected,
                        "{backend}, batch {batch}"
                    );
                    ran.fetch_add(BATCH, Relaxed);
                }
            }
        }
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (0..cores).for_each(|_| drop(scope.spawn(work)));
    });
    for (backend, ran) in backends.iter().zip(ran) {
        let part = (0..batches)
            .filter(|batch| takes_part(*backend, *batch))
            .count();
        let ran = ran.into_inner();
        assert_eq!(ran, part * BATCH, "{backend}");
        println!("{backend}: {ran} signatures, half of them spoiled");
    }
}
