//! What a change has to pass.

use crate::runner::{Failure, Runner};
use crate::{lint, test};

/// The lint, and every test.
pub fn run(runner: &Runner) -> Result<(), Failure> {
    lint::run(runner)?;
    test::tasks(None)
        .into_iter()
        .try_for_each(|task| runner.carry_out(task))
}
