//! The private keys of a batch.

use openmls_traits::types::CryptoError;

use super::{BATCH, PRIVATE_LEN};
use crate::backend::random;
use crate::secret::SecretBytes;

/// Private keys, wiped on drop.
pub(crate) struct PrivateKeys {
    bytes: SecretBytes<{ BATCH * PRIVATE_LEN }>,
    count: usize,
}

impl PrivateKeys {
    /// `count` keys of zeros, to be written to.
    ///
    /// # Errors
    /// [`CryptoError::TooMuchData`] if there are more than [`BATCH`].
    pub(crate) fn zeros(count: usize) -> Result<Self, CryptoError> {
        let bytes = SecretBytes::zeros();
        match count <= BATCH {
            true => Ok(Self { bytes, count }),
            false => Err(CryptoError::TooMuchData),
        }
    }

    /// Fresh keys from the backend's generator; a candidate that `is_private_key` refuses is
    /// drawn again (FIPS 186-5, appendix A.2.2).
    pub(crate) fn generate(
        count: usize,
        is_private_key: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, CryptoError> {
        let mut keys = Self::zeros(count)?;
        random::fill(&mut keys.bytes[..count * PRIVATE_LEN])?;
        for key in keys.iter_mut() {
            while !is_private_key(key) {
                random::fill(key)?;
            }
        }
        Ok(keys)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut [u8; PRIVATE_LEN]> {
        let (keys, _) = self.bytes.as_chunks_mut::<PRIVATE_LEN>();
        keys[..self.count].iter_mut()
    }

    pub(crate) fn as_slice(&self) -> &[[u8; PRIVATE_LEN]] {
        let (keys, _) = self.bytes.as_chunks::<PRIVATE_LEN>();
        &keys[..self.count]
    }
}
