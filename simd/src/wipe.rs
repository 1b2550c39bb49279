//! Clears the stack that secrets have passed through.

use core::hint::black_box;

/// What is cleared at a time, in bytes.
const BLOCK: usize = 16 * 1024;

/// Overwrites `depth` bytes of the unused stack below the caller's frame with zeros,
/// rounded up to whole blocks of 16 KiB.
///
/// The compiler spills vectors there as it pleases, and a later function may leave
/// them standing for as long as the thread lives.
#[inline(never)]
pub(crate) fn stack(depth: usize) {
    let mut area = [0u8; BLOCK];
    black_box(&mut area);
    if depth > BLOCK {
        stack(depth - BLOCK);
    }
    // Used until here: no block takes the place of the one above it.
    black_box(&area);
}
