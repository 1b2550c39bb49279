//! The proofs of the lanes.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::task::Task;

/// All of them, with those of machine code that take minutes, and their theorems printed.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Run,
        commands: vec![
            cargo("test", "--workspace --lib").words("proof:: -- --nocapture --include-ignored"),
        ],
    }
}
