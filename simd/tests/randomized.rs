//! Random elements on every backend against aws-lc-rs.
//!
//! A few by default. `MLS_LANES_X25519_ELEMENTS` and `MLS_LANES_P256_ELEMENTS` ask
//! for more, on each vector backend; the portable backend gets a tenth. aws-lc-rs
//! computes each batch once, for all backends; every core has batches of its own.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    thread,
};

use mls_lanes::Backend;

mod common;
mod differential;

use common::Randomness;
use differential::{Element, Operation, compare_with, oracle};

/// How many elements a batch has: whole groups, and some left over.
const BATCH: usize = 331;

/// The portable backend takes part in one batch of so many.
const PORTABLE_EVERY: usize = 10;

/// The number of batches with as many elements as an environment variable asks for.
fn batches(variable: &str) -> usize {
    let asked = std::env::var(variable).ok();
    let elements = asked.map_or(10 * BATCH, |number| number.parse().expect("a number"));
    elements.div_ceil(BATCH)
}

/// Compares batches on every core, and asserts how many ran on each backend.
fn run(
    operations: [Operation; 2],
    variable: &str,
    elements: impl Fn(&mut Randomness) -> Vec<Element> + Sync,
) {
    let backends = common::backends();
    let batches = batches(variable);
    let seed = Randomness::new().word();
    let next = AtomicUsize::new(0);
    let ran: Vec<_> = backends.iter().map(|_| AtomicUsize::new(0)).collect();
    let work = || {
        loop {
            let batch = next.fetch_add(1, Relaxed);
            if batch >= batches {
                return;
            }
            let elements = elements(&mut Randomness::from_seed(seed ^ batch as u64));
            for operation in operations {
                let outcome = |element| oracle::outcome(operation, element);
                let expected: Vec<_> = elements.iter().map(outcome).collect();
                for (backend, ran) in backends.iter().zip(&ran) {
                    if takes_part(*backend, batch) {
                        compare_with(*backend, operation, &elements, &expected)
                            .unwrap_or_else(|difference| panic!("batch {batch}: {difference}"));
                        ran.fetch_add(elements.len(), Relaxed);
                    }
                }
            }
        }
    };
    thread::scope(|scope| {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        (0..cores).for_each(|_| drop(scope.spawn(work)));
    });
    for (backend, ran) in backends.iter().zip(ran) {
        let share = if backend.lanes() == 1 {
            batches.div_ceil(PORTABLE_EVERY)
        } else {
            batches
        };
        let ran = ran.into_inner();
        assert_eq!(ran, operations.len() * share * BATCH, "{backend}");
        println!(
            "{backend}: {} random elements in each of {operations:?}",
            ran / 2
        );
    }
}

fn takes_part(backend: Backend, batch: usize) -> bool {
    backend.lanes() > 1 || batch.is_multiple_of(PORTABLE_EVERY)
}

#[test]
fn x25519_elements() {
    let operations = [Operation::X25519Keygen, Operation::X25519Agree];
    run(operations, "MLS_LANES_X25519_ELEMENTS", |random| {
        let element = |_| Element {
            scalar: random.array::<32>().to_vec(),
            point: random.array::<32>().to_vec(),
        };
        (0..BATCH).map(element).collect()
    });
}

/// Each element agrees with the public key of its neighbour.
#[test]
fn p256_elements() {
    let operations = [Operation::P256Keygen, Operation::P256Agree];
    run(operations, "MLS_LANES_P256_ELEMENTS", |random| {
        let element = |_| Element {
            scalar: random.p256_scalar().to_vec(),
            point: Vec::new(),
        };
        let mut elements: Vec<_> = (0..BATCH).map(element).collect();
        let points: Vec<_> = elements
            .iter()
            .map(|element| oracle::outcome(Operation::P256Keygen, element).unwrap())
            .collect();
        for (i, element) in elements.iter_mut().enumerate() {
            element.point.clone_from(&points[(i + 1) % BATCH]);
        }
        elements
    });
}
