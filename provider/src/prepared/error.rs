//! Why nothing was prepared.

use openmls_traits::types::CryptoError;

use super::MAX_PREPARED;

/// Nothing was prepared. Whatever was to be done can still be done, at its full cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The provider does not have this KEM or this ciphersuite.
    #[error("unsupported: prepare only for suites that `supports` accepts")]
    Unsupported,
    /// More than [`MAX_PREPARED`] would be held at once.
    #[error("too many: drop other guards first, or prepare fewer than {MAX_PREPARED} at a time")]
    TooMany,
    /// The random generator failed; see [`RandomError`](crate::RandomError).
    #[error("no random bytes: the entropy source of the system is not available")]
    InsufficientRandomness,
    /// A structure of OpenMLS could not be encoded, or not be read as RFC 9420 defines it.
    #[error("malformed: the group, Welcome or key package is not encoded as RFC 9420 says")]
    Malformed,
}

impl From<CryptoError> for PrepareError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::InsufficientRandomness => Self::InsufficientRandomness,
            _ => Self::Unsupported,
        }
    }
}
