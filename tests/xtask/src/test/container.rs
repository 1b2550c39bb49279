//! The container, without a container engine.

use crate::command::script;
use crate::packages::Purpose;
use crate::task::Task;

/// The steps of its file in root file systems of Debian's packages, and the program that comes of them.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Container,
        commands: vec![script(".ci/test-container")],
    }
}
