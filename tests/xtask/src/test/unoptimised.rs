//! The provider and the lanes in a build that is not optimised.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::UNOPTIMISED;
use crate::task::Task;
use crate::workspace;

/// A crate outside of the workspace, whose profile would optimise them.
pub fn task() -> Task {
    let built = workspace::target().join("unoptimised");
    Task {
        purpose: Purpose::Run,
        commands: vec![
            cargo("test", "")
                .workspace(UNOPTIMISED, &built)
                .words("-- --nocapture"),
        ],
    }
}
