//! Every operation on batches runs and verifies on every engine that has it.

use std::{num::NonZeroUsize, time::Duration};

use mls_bench::{
    lanes::{
        OPERATIONS,
        engine::{REFERENCE, engines},
        measure,
    },
    measure::Plan,
};

/// One element, one short of the widest vector, a full one, one more; and more than the
/// backends compute together.
const BATCHES: [usize; 5] = [1, 7, 8, 9, 129];

const ONCE: Plan = Plan {
    runs: 1,
    budget: Duration::from_secs(1),
};

/// The libraries, and how many of the operations each has.
const LIBRARIES: [(&str, usize); 4] = [
    ("aws-lc-rs", 6),
    ("x25519-dalek", 2),
    ("p256", 2),
    ("ring", 6),
];

#[test]
fn every_operation_runs_and_verifies_on_every_engine() {
    let engines = engines();
    let mut ran = 0;
    for operation in OPERATIONS {
        for batch in BATCHES.map(|batch| NonZeroUsize::new(batch).unwrap()) {
            let measurement = measure(operation, batch, &engines, &ONCE).unwrap();
            assert_eq!(measurement.operation, operation.name);
            assert_eq!(measurement.batch, batch);
            let skipped = measurement.unsupported.len();
            assert_eq!(measurement.engines.len() + skipped, engines.len());
            for measured in &measurement.engines {
                assert_eq!(measured.summary.runs, 1);
                let speedup = measurement.speedup(measured).unwrap();
                assert!(speedup > 0.0);
                assert!(measured.engine != REFERENCE || speedup == 1.0);
            }
            ran += measurement.engines.len();
        }
    }
    let backends: Vec<_> = engines[..engines.len() - LIBRARIES.len()]
        .iter()
        .map(|engine| engine.name())
        .collect();
    println!("backends: {}", backends.join(", "));
    println!("{ran} combinations of operation, batch and engine verified");
    let libraries: usize = LIBRARIES.iter().map(|(_, operations)| operations).sum();
    let expected = OPERATIONS.len() * backends.len() + libraries;
    assert_eq!(ran, expected * BATCHES.len());
    assert_eq!(backends.last(), Some(&"portable"));
}

#[test]
fn the_libraries_are_those_that_are_known() {
    let engines = engines();
    let libraries = &engines[engines.len() - LIBRARIES.len()..];
    for (engine, (name, _)) in libraries.iter().zip(LIBRARIES) {
        assert_eq!(engine.name(), name);
        assert!(!engine.about().is_empty());
    }
}
