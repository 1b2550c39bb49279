//! Agreement with a second implementation, on random input.
//!
//! Each property runs a number of cases that its caller chooses; a failure is shrunk to the
//! smallest input that shows it, and reported with that input.

mod hpke;
mod scalars;
mod signature;
mod suites;
mod symmetric;

pub use hpke::{derive_key_pair, hpke_exports, hpke_messages, hpke_with_provider, hpke_with_suite};
pub use scalars::private_scalars;
pub use signature::{generated_keys, signatures};
pub use suites::{randomness, supported_suites};
pub use symmetric::{aead, hash, hkdf, hmac};

use std::fmt::{Debug, Display};

use proptest::{
    collection::vec,
    prelude::any,
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestRunner},
};

use super::Report;

/// Byte strings of up to `longest` bytes.
fn bytes(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..=longest)
}

/// Byte strings of `length` bytes.
fn exactly(length: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), length)
}

/// Runs `property` on `cases` random inputs.
fn holds<V: Debug>(
    report: &mut Report,
    name: impl Display,
    cases: u32,
    inputs: impl Strategy<Value = V>,
    property: impl Fn(V) -> Result<(), String>,
) {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let outcome = TestRunner::new(config).run(&inputs, |input| {
        property(input).map_err(TestCaseError::fail)
    });
    match outcome {
        Ok(()) => report.accepted(cases as usize),
        Err(failure) => report.fail(name, failure),
    }
}
