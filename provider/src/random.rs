//! Random bytes from AWS-LC's DRBG.

use std::error::Error;
use std::fmt;

use aws_lc_rs::rand;
use openmls_traits::random::OpenMlsRand;

use crate::HwCrypto;

/// AWS-LC's random generator could not be seeded.
///
/// The operating system's entropy source is not available; nothing was
/// generated. Opaque, since there is nothing a caller could tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RandomError;

impl fmt::Display for RandomError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no random bytes: the entropy source of the system is not available")
    }
}

impl Error for RandomError {}

/// AWS-LC keeps one DRBG for each thread, so no lock is taken; it notices a
/// `fork` and reseeds.
impl OpenMlsRand for HwCrypto {
    type Error = RandomError;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], RandomError> {
        let mut bytes = [0; N];
        fill(&mut bytes)?;
        Ok(bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, RandomError> {
        let mut bytes = vec![0; len];
        fill(&mut bytes)?;
        Ok(bytes)
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), RandomError> {
    rand::fill(bytes).map_err(|_| RandomError)
}
