//! What the process must be before it serves: not root, and in FIPS mode where that is
//! required.

use mls_fips::{Requirement, affirm, ready, require, requirement};
use mls_signer_token::error::Error;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::ProcessConfig;

/// Checks the process against its configuration, and against what its environment requires
/// under FIPS 140-3.
pub fn check(config: &ProcessConfig) -> Result<(), Error> {
    if !config.allow_root && rustix::process::geteuid().is_root() {
        return Err(Error::Setup(
            "the service does not run as root; give it a user of its own, or say allow_root = \
             true under [process]"
                .into(),
        ));
    }
    if let Some(operator) = &config.fips_affirmed_by {
        affirm(operator);
    }
    require(config.fips);
    if requirement() == Requirement::None {
        return Ok(());
    }
    ready().map_err(|error| Error::Setup(error.to_string()))
}

/// Allows the process as many open files as the system lets it have: a connection is one.
pub fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let highest = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, highest) {
        tracing::warn!(%error, "RLIMIT_NOFILE stays as it was");
    }
}
