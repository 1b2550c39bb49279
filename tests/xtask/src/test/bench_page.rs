//! The page of the benchmark's report.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::BENCHES;
use crate::task::Task;

/// The page in headless Chromium.
pub fn task() -> Task {
    let page = cargo("test", "--test page").packages(&[BENCHES]);
    Task {
        purpose: Purpose::Test,
        commands: vec![page.words("-- --nocapture")],
    }
}
