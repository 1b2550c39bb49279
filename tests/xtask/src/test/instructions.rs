//! Instructions, counted by callgrind.

use crate::command::{Command, cargo};
use crate::packages::Purpose;
use crate::task::Task;

/// A fixed set of operations against the baseline.
pub fn task() -> Task {
    Task {
        purpose: Purpose::Test,
        commands: vec![command()],
    }
}

/// With the features of the whole workspace's tests, of which it is one: other features, other
/// instructions.
pub fn command() -> Command {
    cargo("test", "--workspace --test instructions -- --nocapture")
}
