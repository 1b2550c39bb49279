//! Elements made of choices: a random generator makes them, or a fuzzer.

use super::{Element, Operation, edges, oracle};

/// Where choices come from.
pub trait Choices {
    /// A number below `bound`, which is not zero.
    fn below(&mut self, bound: usize) -> usize;

    /// 32 bytes.
    fn bytes(&mut self) -> [u8; 32];

    /// True once in `times`.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 1
    }
}

/// A batch of elements for an operation: most valid, many at an edge, some broken.
pub fn batch(choices: &mut impl Choices, operation: Operation, count: usize) -> Vec<Element> {
    (0..count).map(|_| element(choices, operation)).collect()
}

fn element(choices: &mut impl Choices, operation: Operation) -> Element {
    let scalar = integer(choices).to_vec();
    let point = match operation {
        Operation::X25519Agree => integer(choices).to_vec(),
        Operation::P256Agree => p256_point(choices).to_vec(),
        Operation::X25519Keygen | Operation::P256Keygen => Vec::new(),
    };
    Element {
        scalar: with_length(choices, scalar),
        point: with_length(choices, point),
    }
}

/// An edge, one bit off an edge, or anything.
fn integer(choices: &mut impl Choices) -> [u8; 32] {
    match choices.below(4) {
        0 => pick(choices, &edges::INTEGERS),
        1 => {
            let mut integer = pick(choices, &edges::INTEGERS);
            flip(choices, &mut integer);
            integer
        }
        _ => choices.bytes(),
    }
}

/// A point at an edge, any point, or none: a bit flipped, or any two coordinates.
fn p256_point(choices: &mut impl Choices) -> [u8; 65] {
    match choices.below(8) {
        0 | 1 => pick(choices, &edges::P256_POINTS),
        2 => {
            let mut point = pick(choices, &edges::P256_POINTS);
            flip(choices, &mut point);
            point
        }
        3 => edges::p256_point(&integer(choices), &integer(choices)),
        _ => p256_public_key(choices),
    }
}

/// The public key of any scalar, or a point at an edge if it is out of range.
fn p256_public_key(choices: &mut impl Choices) -> [u8; 65] {
    let element = Element {
        scalar: choices.bytes().to_vec(),
        point: Vec::new(),
    };
    match oracle::outcome(Operation::P256Keygen, &element) {
        Ok(point) => point.try_into().expect("65 bytes"),
        Err(_) => pick(choices, &edges::P256_POINTS),
    }
}

/// Now and then too short or too long.
fn with_length(choices: &mut impl Choices, mut bytes: Vec<u8>) -> Vec<u8> {
    if choices.once_in(64) {
        let length = choices.below(2 * bytes.len() + 1);
        bytes.resize(length, 0);
    }
    bytes
}

fn pick<T: Copy>(choices: &mut impl Choices, table: &[T]) -> T {
    table[choices.below(table.len())]
}

fn flip(choices: &mut impl Choices, bytes: &mut [u8]) {
    let bit = choices.below(8 * bytes.len());
    bytes[bit / 8] ^= 1 << (bit % 8);
}
