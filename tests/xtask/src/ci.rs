//! What a change has to pass.

use crate::runner::{Failure, Runner};
use crate::{lint, test};

/// The lint, and every test.
pub fn run(runner: &Runner) -> Result<(), Failure> {
    lint::run(runner)?;
    test::run(runner, None)
}
