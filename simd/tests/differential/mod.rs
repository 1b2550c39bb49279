//! Batches compared with aws-lc-rs, element by element: what a soak, a fuzzer and
//! a test have in common.

// Each program uses a part of it.
#![allow(dead_code)]

use std::{error, fmt};

use mls_lanes::{Backend, Error, SharedSecret, outputs, p256, x25519};

pub mod edges;
pub mod generate;
pub mod oracle;

/// An operation on a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    X25519Agree,
    X25519Keygen,
    P256Agree,
    P256Keygen,
}

impl Operation {
    pub const ALL: [Self; 4] = [
        Self::X25519Agree,
        Self::X25519Keygen,
        Self::P256Agree,
        Self::P256Keygen,
    ];
}

/// One element of a batch, as a caller may give it: of any length, valid or not.
/// Key generation does not look at the point.
#[derive(Clone, Debug)]
pub struct Element {
    pub scalar: Vec<u8>,
    pub point: Vec<u8>,
}

/// What an element gives: a shared secret or a public key.
pub type Outcome = Result<Vec<u8>, Error>;

/// Computes a batch and compares each outcome, the kind of an error included, with
/// what aws-lc-rs gives.
pub fn compare(
    backend: Backend,
    operation: Operation,
    elements: &[Element],
) -> Result<(), Box<Difference>> {
    let expected: Vec<_> = elements
        .iter()
        .map(|element| oracle::outcome(operation, element))
        .collect();
    compare_with(backend, operation, elements, &expected)
}

/// Computes a batch and compares each outcome with the one expected.
pub fn compare_with(
    backend: Backend,
    operation: Operation,
    elements: &[Element],
    expected: &[Outcome],
) -> Result<(), Box<Difference>> {
    let computed = compute(backend, operation, elements);
    assert_eq!(computed.len(), expected.len());
    for (position, (computed, expected)) in computed.into_iter().zip(expected).enumerate() {
        if computed != *expected {
            return Err(Box::new(Difference {
                backend,
                operation,
                batch: elements.len(),
                position,
                element: elements[position].clone(),
                expected: expected.clone(),
                computed,
            }));
        }
    }
    Ok(())
}

fn compute(backend: Backend, operation: Operation, elements: &[Element]) -> Vec<Outcome> {
    let count = elements.len();
    let scalars: Vec<_> = elements.iter().map(|element| &element.scalar).collect();
    let points: Vec<_> = elements.iter().map(|element| &element.point).collect();
    match operation {
        Operation::X25519Agree => {
            let mut secrets = outputs::<SharedSecret>(count);
            x25519::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
            collect(secrets)
        }
        Operation::X25519Keygen => {
            let mut public_keys = outputs(count);
            x25519::public_keys(backend, &scalars, &mut public_keys).unwrap();
            collect(public_keys)
        }
        Operation::P256Agree => {
            let mut secrets = outputs::<SharedSecret>(count);
            p256::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
            collect(secrets)
        }
        Operation::P256Keygen => {
            let mut public_keys = outputs(count);
            p256::public_keys(backend, &scalars, &mut public_keys).unwrap();
            collect(public_keys)
        }
    }
}

fn collect<T: AsRef<[u8]>>(outcomes: Vec<Result<T, Error>>) -> Vec<Outcome> {
    outcomes
        .into_iter()
        .map(|outcome| outcome.map(|bytes| bytes.as_ref().to_vec()))
        .collect()
}

/// An element for which a backend and aws-lc-rs disagree.
pub struct Difference {
    backend: Backend,
    operation: Operation,
    batch: usize,
    position: usize,
    element: Element,
    expected: Outcome,
    computed: Outcome,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = format!("element {} of {}", self.position, self.batch);
        writeln!(f, "{:?} on {}: {place}", self.operation, self.backend)?;
        writeln!(f, "  scalar   {}", hex(&self.element.scalar))?;
        writeln!(f, "  point    {}", hex(&self.element.point))?;
        writeln!(f, "  expected {}", show(&self.expected))?;
        write!(f, "  computed {}", show(&self.computed))
    }
}

impl fmt::Debug for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl error::Error for Difference {}

fn show(outcome: &Outcome) -> String {
    match outcome {
        Ok(bytes) => hex(bytes),
        Err(error) => format!("{error:?}"),
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
