//! Random bytes from the operating system's generator, or on the web from the browser's, by ring.

use openmls_traits::types::CryptoError;
use ring::rand::{SecureRandom, SystemRandom};

/// Fills `bytes` from the generator.
///
/// # Errors
/// [`CryptoError::InsufficientRandomness`]: there is none.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), CryptoError> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| CryptoError::InsufficientRandomness)
}
