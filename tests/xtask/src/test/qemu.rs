//! Emulated processors of x86-64.

use super::lanes;
use crate::command::script;
use crate::packages::Purpose;
use crate::task::Task;

/// The lanes with and without AVX2. The script hands its arguments on to Cargo.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![lanes::as_released(script(".ci/test-qemu"))],
    }
}
