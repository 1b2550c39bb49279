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

/// Optimised as a release is, for what is compared is what the compiler has made of them; what they
/// are compared with is built already.
fn lanes_at_length() -> Command {
    let optimised = AS_RELEASED.iter().fold(
        cargo("test", "--workspace").words(
            "--test ecdsa_p256 --test ed25519 --test erasure --test machine_code --test randomized",
        ),
        |command, setting| {
            let setting = format!("profile.dev.package.{LANES}.{setting}");
            command.argument("--config").argument(setting)
        },
    );
    optimised
        .words("-- --nocapture")
        .variable("MLS_LANES_X25519_ELEMENTS", "1000000")
        .variable("MLS_LANES_P256_ELEMENTS", "200000")
        .variable("MLS_LANES_ED25519_SIGNATURES", "400000")
        .variable("MLS_LANES_ECDSA_P256_SIGNATURES", "200000")
}

/// What the workspace's release profile says of the lanes.
const AS_RELEASED: [&str; 4] = [
    "opt-level=3",
    "codegen-units=1",
    "debug-assertions=false",
    "overflow-checks=false",
];
