//! Whether the configuration requires FIPS mode of this process.

use mls_fips::{FipsError, Requirement, ready, require, requirement};

/// Requires of this process what its configuration asks for, beside what its environment does.
///
/// # Errors
/// [`FipsError`] when FIPS mode is required, by either, and is not to be had.
pub fn require_configured(configured: Requirement) -> Result<(), FipsError> {
    require(configured);
    match requirement() {
        Requirement::None => Ok(()),
        Requirement::Fips | Requirement::Strict => ready(),
    }
}
