//! What an instruction set supplies: vectors of integers and of field elements.

use crate::{integer::Integer, wipe};

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512ifma;
#[cfg(all(test, emulated, target_arch = "x86_64"))]
pub(crate) mod emulated;
pub(crate) mod field;
pub(crate) mod portable;
#[cfg(target_arch = "x86_64")]
pub(crate) mod transpose;
pub(crate) mod word;

use field::{CombField, Gf25519, GfP256};

/// The most lanes that a vector has.
pub(crate) const MOST_LANES: usize = 8;

/// The witness that an instruction set was detected, and its vectors.
///
/// A lane is one independent computation. Every operation treats all lanes alike
/// and takes the same time whatever they hold.
pub(crate) trait Isa: Copy {
    /// The number of lanes of a vector.
    const LANES: usize;
    /// The most elements computed together, which share an inversion: as many as
    /// the stack cleared by [`wipe::stack`] has room for.
    const GROUP: usize;

    /// One integer in each lane.
    type Integers: Copy;
    /// One truth value in each lane.
    type Mask: Copy;
    /// One index into a table in each lane.
    type Index: Copy;
    /// `GROUP / LANES` vectors, as an array.
    type Group<T: Copy>: AsRef<[T]> + AsMut<[T]>;

    /// Vectors of elements of the field of 2^255 - 19.
    type Gf25519: Gf25519<Isa = Self> + CombField<3, Isa = Self>;

    /// Vectors of elements of the field of P-256.
    type GfP256: GfP256<Isa = Self> + CombField<2, Isa = Self>;

    /// Runs a kernel with the instruction set enabled.
    fn vectorize<K: Kernel<Self>>(self, kernel: K);

    /// Clears the vector registers.
    fn clear_registers(self);

    /// A group that holds the same vector throughout.
    fn group<T: Copy>(vector: T) -> Self::Group<T>;

    /// One integer from each of `LANES` elements.
    fn load(self, integers: &[Integer]) -> Self::Integers;
    /// One integer to each of `LANES` elements.
    fn store(integers: &Self::Integers, to: &mut [Integer]);

    /// The exclusive or of each integer with its half: its Gray code. Bit i says
    /// whether bits i and i + 1 differ.
    fn gray(integers: &Self::Integers) -> Self::Integers;
    /// Bit `position` of each integer.
    fn bit(integers: &Self::Integers, position: usize) -> Self::Mask;
    /// Bits `position` to `position + width - 1` of each integer; bits from 256
    /// on read as zero.
    fn window(integers: &Self::Integers, position: usize, width: usize) -> Self::Index;
    /// Splits a window `w` of `width` bits, read as the odd digit
    /// `2 w - (2^width - 1)`, into its sign and the index of its absolute value
    /// `2 index + 1`.
    fn signed(window: &Self::Index, width: usize) -> (Self::Mask, Self::Index);
    /// The lanes whose index is `value`.
    fn is(index: &Self::Index, value: u64) -> Self::Mask;
    /// Whether lane `lane` is set in a mask that is not secret.
    fn reveal(mask: &Self::Mask, lane: usize) -> bool;
}

/// A computation on whole vectors, compiled once for each instruction set.
pub(crate) trait Kernel<I: Isa> {
    /// How much stack is cleared after the kernel, in bytes: more than it uses.
    const STACK: usize = 64 * 1024;

    /// Must be `#[inline(always)]`, like all it calls: only code inlined into
    /// [`Isa::vectorize`] is compiled for the instruction set.
    fn run(self, isa: I);
}

/// Runs a kernel, then clears the stack and the registers that it used.
#[inline(never)]
pub(crate) fn run<I: Isa, K: Kernel<I>>(isa: I, kernel: K) {
    isa.vectorize(kernel);
    wipe::stack(K::STACK);
    isa.clear_registers();
}

/// Runs a kernel that handles nothing secret: what it leaves behind may stay.
#[inline(never)]
pub(crate) fn run_publicly<I: Isa, K: Kernel<I>>(isa: I, kernel: K) {
    isa.vectorize(kernel);
}
