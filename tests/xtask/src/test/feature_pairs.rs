//! Every pair of features of every crate.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::EVIDENCE;
use crate::task::Task;

/// What builds builds, and what does not says why. `MLS_FEATURES_OF` names the crates, separated by
/// commas.
pub fn task() -> Task {
    let pairs = cargo("test", "--test feature_pairs").packages(&[EVIDENCE]);
    Task {
        purpose: Purpose::Test,
        commands: vec![pairs.words("-- --nocapture --include-ignored --test-threads=1")],
    }
}
