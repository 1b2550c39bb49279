//! Everything that CI runs.

use super::{fips, qemu};
use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::LANES;
use crate::task::Task;

/// The tests of every crate, every benchmark once, the lanes at length, and those on emulated CPUs;
/// then FIPS mode.
pub fn tasks() -> [Task; 3] {
    let here = Task {
        purpose: Purpose::Test,
        commands: vec![
            cargo("test", "--workspace").words("-- --skip proof::"),
            proofs(),
            cargo(
                "test",
                "--workspace --bench groups --bench lanes --bench operations",
            ),
            lanes_at_length(),
        ],
    };
    [here, qemu::task(), fips::task()]
}

/// The proofs of the lanes, apart from the other tests: their theorems are there to be read.
fn proofs() -> Command {
    cargo("test", "--workspace --lib").words("proof:: -- --nocapture")
}

/// Optimised, for what is compared is what the compiler has made of them.
fn lanes_at_length() -> Command {
    cargo(
        "test --release",
        "--test erasure --test machine_code --test randomized",
    )
    .packages(&[LANES])
    .words("-- --nocapture")
    .variable("MLS_LANES_X25519_ELEMENTS", "1000000")
    .variable("MLS_LANES_P256_ELEMENTS", "200000")
}
