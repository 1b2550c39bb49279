//! Every edge value as a scalar and as a point, on every backend against aws-lc-rs.

mod common;
mod differential;

use differential::{Element, Operation, compare_with, edges, oracle};

/// Compares one batch with the same expectation on every backend.
fn compare(operation: Operation, elements: &[Element]) -> usize {
    let expected: Vec<_> = elements
        .iter()
        .map(|element| oracle::outcome(operation, element))
        .collect();
    for backend in common::backends() {
        if let Err(difference) = compare_with(backend, operation, elements, &expected) {
            panic!("{difference}");
        }
        println!("{backend}: {} of {operation:?}", elements.len());
    }
    expected.iter().filter(|outcome| outcome.is_ok()).count()
}

/// The integers as scalars, each with a point from anywhere else in the table.
fn paired(scalars: Vec<Vec<u8>>, points: Vec<Vec<u8>>) -> Vec<Element> {
    // Coprime to both lengths, so that neighbours never meet.
    const STRIDE: usize = 1009;
    let count = points.len();
    let pair = |(i, scalar): (usize, Vec<u8>)| Element {
        scalar,
        point: points[i * STRIDE % count].clone(),
    };
    scalars.into_iter().enumerate().map(pair).collect()
}

fn little_endian() -> Vec<Vec<u8>> {
    edges::INTEGERS
        .iter()
        .map(|integer| integer.to_vec())
        .collect()
}

fn big_endian() -> Vec<Vec<u8>> {
    let reversed = |integer: &[u8; 32]| integer.iter().rev().copied().collect();
    edges::INTEGERS.iter().map(reversed).collect()
}

fn p256_points() -> Vec<Vec<u8>> {
    edges::P256_POINTS
        .iter()
        .map(|point| point.to_vec())
        .collect()
}

#[test]
fn x25519_edges() {
    let elements = paired(little_endian(), little_endian());
    assert_eq!(elements.len(), 6923);
    assert_eq!(compare(Operation::X25519Keygen, &elements), 6923);
    // Each point has one turn; 16 encode one of small order.
    assert_eq!(compare(Operation::X25519Agree, &elements), 6923 - 16);
}

#[test]
fn p256_edges() {
    let elements = paired(big_endian(), p256_points());
    assert_eq!(elements.len(), 6923);
    // As many integers are scalars; every point is one.
    assert_eq!(compare(Operation::P256Keygen, &elements), 5426);
    assert_eq!(compare(Operation::P256Agree, &elements), 5426);
}

#[test]
fn p256_points_that_are_none() {
    let integers = &edges::INTEGERS;
    let points = (0..integers.len()).map(|i| {
        let y = integers[i * 1009 % integers.len()];
        edges::p256_point(&integers[i], &y).to_vec()
    });
    let elements = paired(big_endian(), points.collect());
    assert_eq!(compare(Operation::P256Agree, &elements), 0);
}
