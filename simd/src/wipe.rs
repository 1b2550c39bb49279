//! Clears the stack and the registers that secrets have passed through.

use core::hint::black_box;

use crate::{Backend, backend::with_isa, isa::Isa};

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

/// Runs what handles secrets, then clears the stack and the vector registers that it
/// used: a kernel clears up after itself, but copying its results to the caller leaves
/// traces too.
pub(crate) fn after(backend: Backend, work: impl FnOnce()) {
    apart(work);
    stack();
    with_isa!(backend, isa => isa.clear_registers());
}

/// Gives what it runs a frame below the caller's.
#[inline(never)]
fn apart(work: impl FnOnce()) {
    work();
}
