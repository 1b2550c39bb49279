//! What the process may not be: root, unless it is told that it may.

use mls_signer_token::error::Error;

/// Refuses to run as root.
///
/// # Errors
/// [`Error::Setup`] when the process is root's and `allowed` is false.
pub fn refuse_root(allowed: bool) -> Result<(), Error> {
    if allowed || !rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(Error::Setup(
        "the service does not run as root; give it a user of its own, or say allow_root = true \
         under [process]"
            .into(),
    ))
}
