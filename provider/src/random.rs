//! Random bytes from AWS-LC's DRBG.

use aws_lc_rs::rand;
use mls_fips::{Algorithm, FipsError, Service, observe};
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::CryptoError;

use crate::HwCrypto;

/// Nothing was generated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RandomError {
    /// AWS-LC's random generator could not be seeded. Opaque, since there is nothing a
    /// caller could tell apart.
    #[error("no random bytes: the entropy source of the system is not available")]
    NoEntropy,
    /// FIPS mode is required and is not to be had.
    #[error("no random bytes: {0}")]
    Fips(#[from] FipsError),
    /// The module's service indicator did not approve, and the policy is strict.
    #[error("no random bytes: the FIPS module's service indicator does not approve of them")]
    NotApproved,
}

/// AWS-LC keeps one DRBG for each thread, so no lock is taken; it notices a
/// `fork` and reseeds.
impl OpenMlsRand for HwCrypto {
    type Error = RandomError;

    fn random_array<const N: usize>(&self) -> Result<[u8; N], RandomError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn random_vec(&self, len: usize) -> Result<Vec<u8>, RandomError> {
        let mut bytes = vec![0; len];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }
}

impl HwCrypto {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        let mode = self.mode();
        mode.ready()?;
        mode.run(|| fill(bytes)).map_err(|error| match error {
            CryptoError::InsufficientRandomness => RandomError::NoEntropy,
            _ => RandomError::NotApproved,
        })
    }
}

/// Fills `bytes` from the DRBG.
pub(crate) fn fill(bytes: &mut [u8]) -> Result<(), CryptoError> {
    observe(Service::Random, Algorithm::Drbg, || rand::fill(bytes))
        .map_err(|_| CryptoError::InsufficientRandomness)
}
