//! Random bytes for OpenMLS.

use mls_fips::FipsError;
use openmls_traits::random::OpenMlsRand;
use openmls_traits::types::CryptoError;

use super::HwCrypto;
use crate::backend::random;

/// Nothing was generated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RandomError {
    /// The random generator could not be seeded. Opaque, since there is nothing a
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
/// `fork` and reseeds. ring asks the operating system each time.
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
        mode.run(|| random::fill(bytes))
            .map_err(|error| match error {
                CryptoError::InsufficientRandomness => RandomError::NoEntropy,
                _ => RandomError::NotApproved,
            })
    }
}
