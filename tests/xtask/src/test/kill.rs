//! Kills at random moments, by the hundred.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::selection::SIGNER_CLI;
use crate::task::Task;

/// The process that holds a PKCS#11 module; then the store, its replicas and PostgreSQL.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![
            tests("hsm", "a_child_killed").variable("MLS_HSM_KILLS", "1000"),
            tests("store", "killed").variable("STORE_KILLS", "500"),
        ],
    }
}

fn tests(program: &str, filter: &str) -> Command {
    cargo("test", "--test")
        .words(program)
        .packages(&[SIGNER_CLI])
        .words("-- --nocapture")
        .words(filter)
}
