//! The shared secret, which erases itself.

use core::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The outcome of a Diffie-Hellman exchange: 32 bytes, erased on drop.
///
/// For X25519 the u coordinate, little-endian (RFC 7748, section 5); for P-256
/// the x coordinate, big-endian (SP 800-56A Rev. 3, section 5.7.1.2).
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SharedSecret([u8; Self::LENGTH]);

impl SharedSecret {
    /// The length in bytes.
    pub const LENGTH: usize = 32;

    pub(crate) fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// The secret's bytes.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }
}

impl AsRef<[u8]> for SharedSecret {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SharedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedSecret(..)")
    }
}
