//! Clears the stack that secrets have passed through.

use core::hint::black_box;

/// How much stack is cleared, in bytes: more than any kernel uses.
const DEPTH: usize = 64 * 1024;

/// Overwrites the unused stack below the caller's frame with zeros.
///
/// The compiler spills vectors there as it pleases, and a later function may leave
/// them standing for as long as the thread lives.
#[inline(never)]
pub(crate) fn stack() {
    let mut area = [0u8; DEPTH];
    black_box(&mut area);
}
