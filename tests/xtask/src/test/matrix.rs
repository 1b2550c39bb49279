//! Every PKCS#11 module there is.

use std::path::PathBuf;

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::{KRYOPTIC, SIGNER_CLI, SIGNER_FEATURES};
use crate::task::Task;
use crate::workspace;

/// Builds kryoptic, which has every scheme and which other runs ignore. What is found is what
/// `hsm-signer/docs/modules.md` says.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Matrix,
        commands: vec![kryoptic(), every_module("check")],
    }
}

/// Writes down what is found of each module, and the table of all.
pub fn written() -> Task {
    let table = cargo("test", "--test matrix the_table").packages(&[SIGNER_CLI]);
    Task {
        purpose: Purpose::Matrix,
        commands: vec![
            kryoptic(),
            every_module("write"),
            table.variable("MLS_MATRIX", "write"),
        ],
    }
}

fn built() -> PathBuf {
    workspace::target().join("kryoptic")
}

fn kryoptic() -> Command {
    cargo("build --release", "").workspace(KRYOPTIC, &built())
}

fn every_module(results: &str) -> Command {
    let kryoptic = built().join("release/libkryoptic_module.so");
    cargo("test", "--test matrix --features")
        .words(SIGNER_FEATURES)
        .packages(&[SIGNER_CLI])
        .words("-- --nocapture --include-ignored")
        .variable("MLS_TEST_KRYOPTIC", kryoptic)
        .variable("MLS_MATRIX", results)
}
