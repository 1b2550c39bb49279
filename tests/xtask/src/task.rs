//! A task as data.

use crate::command::Command;
use crate::packages::Purpose;

/// The Debian packages that something needs, and the commands that do it.
pub struct Task {
    /// What the packages are for.
    pub purpose: Purpose,
    /// One after the other, until one fails.
    pub commands: Vec<Command>,
}
