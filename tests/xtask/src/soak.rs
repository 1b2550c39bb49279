//! The lanes, without end.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::LANES;
use crate::task::Task;

/// Compares the lanes with AWS-LC on random elements.
pub fn task(arguments: &[String]) -> Task {
    let soak = cargo("run --release", "--example soak")
        .packages(&[LANES])
        .words("--");
    Task {
        purpose: Purpose::Test,
        commands: vec![
            arguments
                .iter()
                .fold(soak, |soak, argument| soak.argument(argument)),
        ],
    }
}
