//! The service's end, wanted or not, by the hundred, and attacks on it that last.

use crate::command::cargo;
use crate::packages::Purpose;
use crate::selection::SIGNER_CLI;
use crate::task::Task;

/// Kills and stops under load, and the attacks.
pub fn task() -> Task {
    let under_load = cargo("test --release", "--test service")
        .packages(&[SIGNER_CLI])
        .words("-- --nocapture under_load")
        .variable("MLS_SIGNER_KILLS", "500")
        .variable("MLS_SIGNER_TERMS", "50");
    let attacks = cargo("test --release", "--test service")
        .packages(&[SIGNER_CLI])
        .words("-- --nocapture --test-threads=1 attacks::")
        .variable("MLS_SIGNER_ATTACK_SECONDS", "30");
    Task {
        purpose: Purpose::Test,
        commands: vec![under_load, attacks],
    }
}
