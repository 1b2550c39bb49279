//! Batches of Diffie-Hellman, engines side by side: the backends of this CPU, and
//! libraries that do one element at a time.

mod common;

use std::num::NonZeroUsize;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mls_bench::lanes::{LaneEngine, OPERATIONS, Operation, engine::engines, inputs, prepare};

/// One element, one vector of the widest backend, and a group of vectors. `mls-bench
/// measure lanes` takes any other.
const BATCHES: [usize; 3] = [1, 8, 64];

/// What runs as a test: a vector of the widest backend, and one lane of another.
const TEST_BATCHES: [usize; 1] = [9];

fn lanes(criterion: &mut Criterion) {
    let engines = engines();
    for operation in OPERATIONS {
        for &batch in batches() {
            let batch = NonZeroUsize::new(batch).expect("no batch is empty");
            compare(criterion, operation, batch, &engines);
        }
    }
}

fn batches() -> &'static [usize] {
    if common::is_test() {
        &TEST_BATCHES
    } else {
        &BATCHES
    }
}

/// Runs `operation` on every engine that has it, all on the same keys.
fn compare(
    criterion: &mut Criterion,
    operation: &Operation,
    batch: NonZeroUsize,
    engines: &[Box<dyn LaneEngine>],
) {
    let inputs = inputs(operation, batch).unwrap_or_else(|error| panic!("{error}"));
    let mut group = criterion.benchmark_group(format!("{}/{batch}", operation.name));
    group.throughput(Throughput::Elements(batch.get() as u64));
    for engine in engines {
        let prepare = || {
            let prepared = prepare(operation, batch, engine.as_ref(), &inputs);
            prepared.unwrap_or_else(|error| panic!("{error}"))
        };
        if prepare().is_some() {
            common::run(&mut group, engine.name(), prepare);
        } else {
            eprintln!("skipped: `{}` has no {}", engine.name(), operation.name);
        }
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = common::configuration();
    targets = lanes
}
criterion_main!(benches);
