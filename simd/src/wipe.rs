//! Clears the stack and the registers that secrets have passed through.

use core::hint::black_box;

use crate::{Backend, backend::with_isa, isa::Isa};

/// What is cleared at a time, in bytes.
const BLOCK: usize = 16 * 1024;

/// How much stack the copying around a kernel uses at most, in bytes.
const AROUND: usize = 64 * 1024;

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

/// Runs what handles secrets, then clears the stack and the vector registers that it
/// used: a kernel clears up after itself, but copying its results to the caller leaves
/// traces too.
pub(crate) fn after(backend: Backend, work: impl FnOnce()) {
    apart(work);
    stack(AROUND);
    with_isa!(backend, isa => isa.clear_registers());
}

/// Gives what it runs a frame below the caller's.
#[inline(never)]
fn apart(work: impl FnOnce()) {
    work();
}
