//! [`SharedSecret`]: what an encapsulation gives both sides.

use crate::backend::MAX_HASH_LEN;
use crate::secret::SecretBytes;

/// The KEM shared secret, Nsecret bytes. Wiped on drop.
///
/// It is written where it will be used, and never returned: each move would leave a copy
/// behind, on a stack that may live as long as its thread.
pub(crate) struct SharedSecret {
    bytes: SecretBytes<MAX_HASH_LEN>,
    len: usize,
}

impl SharedSecret {
    /// No secret.
    pub(crate) const fn none() -> Self {
        Self {
            bytes: SecretBytes::zeros(),
            len: 0,
        }
    }

    pub(crate) fn is_some(&self) -> bool {
        self.len != 0
    }

    /// Makes this the same secret as `other`.
    pub(crate) fn copy_from(&mut self, other: &Self) {
        self.bytes.copy_from_slice(&*other.bytes);
        self.len = other.len;
    }

    /// Wipes the secret.
    pub(crate) fn wipe(&mut self) {
        *self = Self::none();
    }

    /// Makes this a secret of `len` bytes, at most [`MAX_HASH_LEN`], for the caller to write.
    pub(super) fn of_len(&mut self, len: usize) -> &mut [u8] {
        self.len = len;
        &mut self.bytes[..len]
    }

    pub(in crate::hpke) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
