//! The guide's example in Haskell.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::SIGNER_CLI;
use crate::task::Task;

/// Compiles it, and asks a service by it.
pub fn task() -> Task {
    let example = cargo("test", "--test service").packages(&[SIGNER_CLI]);
    Task {
        purpose: Purpose::Haskell,
        commands: vec![example.words("-- --ignored the_haskell_example_works")],
    }
}
