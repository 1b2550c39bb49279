//! Random bytes from AWS-LC's DRBG.
//!
//! It keeps one for each thread, so no lock is taken; it notices a `fork` and reseeds.

use aws_lc_rs::rand;
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::CryptoError;

/// Fills `bytes` from the DRBG.
///
/// # Errors
/// [`CryptoError::InsufficientRandomness`]: it could not be seeded.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), CryptoError> {
    observe(Service::Random, Algorithm::Drbg, || rand::fill(bytes))
        .map_err(|_| CryptoError::InsufficientRandomness)
}
