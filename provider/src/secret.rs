//! Short secrets on the stack.

use std::ops::{Deref, DerefMut};

use zeroize::optimization_barrier;

/// `N` secret bytes, wiped on drop.
///
/// As `Zeroizing<[u8; N]>`, but wiped by stores of full width: byte by byte
/// takes as long as a compression of SHA-256.
pub(crate) struct SecretBytes<const N: usize>([u8; N]);

impl<const N: usize> SecretBytes<N> {
    /// `N` zeros, to be written to.
    #[inline]
    pub(crate) const fn zeros() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Deref for SecretBytes<N> {
    type Target = [u8; N];

    #[inline]
    fn deref(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> DerefMut for SecretBytes<N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }
}

impl<const N: usize> Drop for SecretBytes<N> {
    #[inline]
    fn drop(&mut self) {
        wipe(&mut self.0, [0; N]);
    }
}

/// Overwrites a secret of a known size by a store that the compiler may not drop.
#[inline]
pub(crate) fn wipe<T: Copy>(secret: &mut T, with: T) {
    *secret = with;
    optimization_barrier(secret);
}
