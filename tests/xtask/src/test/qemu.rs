//! Emulated processors of x86-64.

use crate::command::script;
use crate::packages::Purpose;
use crate::task::Task;

/// The lanes with and without AVX2.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![script(".ci/test-qemu")],
    }
}
