//! The kernels of AVX-512 IFMA where no CPU has it.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::LANES;
use crate::task::Task;

/// Every kernel against aws-lc-rs, on a processor in plain Rust.
pub fn task() -> Task {
    let tests = cargo("test", "--lib")
        .packages(&[LANES])
        .words("emulated -- --nocapture")
        .variable("MLS_LANES_EMULATED", "1");
    Task {
        purpose: Purpose::Test,
        commands: vec![tests],
    }
}
