//! Batches that the fuzzer makes, on every backend against aws-lc-rs.
#![no_main]

use arbitrary::{Arbitrary, Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mls_lanes::Backend;

#[path = "../../tests/differential/mod.rs"]
mod differential;

use differential::{
    Element, Operation, compare_with,
    generate::{self, Choices},
    oracle,
};

/// The most elements of a batch: more than the largest group computed together.
const LONGEST: usize = 140;

/// An operation and its elements.
#[derive(Debug)]
struct Batch {
    operation: Operation,
    elements: Vec<Element>,
}

impl<'a> Arbitrary<'a> for Batch {
    fn arbitrary(input: &mut Unstructured<'a>) -> Result<Self> {
        let operation = *input.choose(&Operation::ALL)?;
        let count = input.int_in_range(0..=LONGEST)?;
        let elements = generate::batch(&mut Input(input), operation, count);
        Ok(Self {
            operation,
            elements,
        })
    }
}

/// The fuzzer's bytes as choices; where they end, every choice is the first.
struct Input<'a, 'b>(&'a mut Unstructured<'b>);

impl Choices for Input<'_, '_> {
    fn below(&mut self, bound: usize) -> usize {
        self.0.int_in_range(0..=bound - 1).unwrap_or_default()
    }

    fn bytes(&mut self) -> [u8; 32] {
        self.0.arbitrary().unwrap_or_default()
    }
}

fuzz_target!(|batch: Batch| {
    let expected: Vec<_> = batch
        .elements
        .iter()
        .map(|element| oracle::outcome(batch.operation, element))
        .collect();
    for backend in Backend::available() {
        if let Err(difference) = compare_with(backend, batch.operation, &batch.elements, &expected)
        {
            panic!("{difference}");
        }
    }
});
