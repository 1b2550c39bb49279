//! Everything that CI runs.

use super::{fips, lanes, qemu};
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
            everything(),
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

/// Most tests of the signer wait: for a token, a deadline, a process. So there are two for each core.
fn everything() -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    cargo("test", "--workspace")
        .words("-- --skip proof::")
        .variable("RUST_TEST_THREADS", (2 * cores).to_string())
}

/// The proofs of the lanes, apart from the other tests: their theorems are there to be read.
fn proofs() -> Command {
    cargo("test", "--workspace --lib").words("proof:: -- --nocapture")
}

/// Optimised as a release is, for what is compared is what the compiler has made of them.
fn lanes_at_length() -> Command {
    lanes::as_released(cargo("test", "").packages(&[LANES]))
        .words(
            "--test ecdsa_p256 --test ed25519 --test erasure --test machine_code --test randomized",
        )
        .words("-- --nocapture")
        .variable("MLS_LANES_X25519_ELEMENTS", "1000000")
        .variable("MLS_LANES_P256_ELEMENTS", "200000")
        .variable("MLS_LANES_ED25519_SIGNATURES", "400000")
        .variable("MLS_LANES_ECDSA_P256_SIGNATURES", "200000")
}
