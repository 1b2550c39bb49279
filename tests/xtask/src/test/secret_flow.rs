//! Branches and addresses that depend on secrets.

use crate::command::script;
use crate::packages::Purpose;
use crate::task::Task;

/// The lanes with their scalars marked, under every checker there is.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![script("simd/checks/secret-flow/run.sh")],
    }
}
