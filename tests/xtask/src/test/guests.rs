//! The engine of another process.

use crate::bench::report;
use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::GUEST;
use crate::task::Task;

/// Every scenario and suite of it. Built as the guest is, or the C library and everything above would
/// be built again.
pub fn task() -> Task {
    let guest = cargo("test --release", "").workspace(GUEST, &report::guest_target());
    Task {
        purpose: Purpose::Bench,
        commands: vec![guest.words("-- --nocapture")],
    }
}
