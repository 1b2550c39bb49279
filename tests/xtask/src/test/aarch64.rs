//! Emulated processors of aarch64.

use crate::command::script;
use crate::packages::Purpose;
use crate::selection::FEATURES;
use crate::task::Task;

/// What `.ci/test-aarch64` says of itself: all of it, or parts.
pub fn task(parts: &[String]) -> Task {
    let emulate = script(".ci/test-aarch64").variable("FEATURES", FEATURES);
    // Debian's compiler finds its own libraries.
    let emulate = emulate.variable("LD_LIBRARY_PATH", "");
    Task {
        purpose: Purpose::Aarch64,
        commands: vec![
            parts
                .iter()
                .fold(emulate, |emulate, part| emulate.argument(part)),
        ],
    }
}
