//! The portable backend: one lane, 64-bit integer arithmetic, any processor.

use core::hint::black_box;

use crate::{
    integer::Integer,
    isa::{Isa, Kernel},
};

mod comb;
pub(crate) mod gf25519;
pub(crate) mod gfp256;
#[cfg(test)]
mod limits;
mod rows;
mod windows;

use gf25519::Gf25519;
use gfp256::GfP256;

/// The witness of nothing in particular: every processor will do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Portable;

/// All ones for true, all zeros for false.
///
/// Passes through [`black_box`], so that the compiler does not turn a selection
/// back into a branch.
#[derive(Clone, Copy)]
pub(crate) struct Mask(u64);

impl Mask {
    #[inline]
    fn from_bit(bit: u64) -> Self {
        Self(black_box(bit.wrapping_neg()))
    }

    /// True if the value is zero.
    #[inline]
    pub(crate) fn is_zero(value: u64) -> Self {
        Self::from_bit(((value | value.wrapping_neg()) >> 63) ^ 1)
    }

    /// `a` if true, `b` if false.
    #[inline]
    pub(crate) fn select(self, a: u64, b: u64) -> u64 {
        b ^ (self.0 & (a ^ b))
    }
}

impl Isa for Portable {
    const LANES: usize = 1;
    const GROUP: usize = 128;

    type Integers = Integer;
    type Mask = Mask;
    type Index = u64;
    type Group<T: Copy> = [T; Self::GROUP];

    type Gf25519 = Gf25519;
    type GfP256 = GfP256;

    fn vectorize<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    /// Clears the vector registers of x86-64, which the compiler copies with there;
    /// elsewhere it does nothing. General registers are reused at once.
    fn clear_registers(self) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: every x86-64 CPU has these registers; all are declared.
        unsafe {
            core::arch::asm!(
                "xorps xmm0, xmm0", "xorps xmm1, xmm1", "xorps xmm2, xmm2", "xorps xmm3, xmm3",
                "xorps xmm4, xmm4", "xorps xmm5, xmm5", "xorps xmm6, xmm6", "xorps xmm7, xmm7",
                "xorps xmm8, xmm8", "xorps xmm9, xmm9", "xorps xmm10, xmm10",
                "xorps xmm11, xmm11", "xorps xmm12, xmm12", "xorps xmm13, xmm13",
                "xorps xmm14, xmm14", "xorps xmm15, xmm15",
                out("xmm0") _, out("xmm1") _, out("xmm2") _, out("xmm3") _,
                out("xmm4") _, out("xmm5") _, out("xmm6") _, out("xmm7") _,
                out("xmm8") _, out("xmm9") _, out("xmm10") _, out("xmm11") _,
                out("xmm12") _, out("xmm13") _, out("xmm14") _, out("xmm15") _,
                options(nomem, nostack, preserves_flags),
            );
        }
    }

    #[inline]
    fn group<T: Copy>(vector: T) -> Self::Group<T> {
        [vector; Self::GROUP]
    }

    #[inline]
    fn load(self, integers: &[Integer]) -> Integer {
        integers[0]
    }

    #[inline]
    fn store(integers: &Integer, to: &mut [Integer]) {
        to[0] = *integers;
    }

    #[inline]
    fn gray(integers: &Integer) -> Integer {
        let [a, b, c, d] = *integers;
        [
            a ^ (a >> 1 | b << 63),
            b ^ (b >> 1 | c << 63),
            c ^ (c >> 1 | d << 63),
            d ^ d >> 1,
        ]
    }

    #[inline]
    fn bit(integers: &Integer, position: usize) -> Mask {
        Mask::from_bit((integers[position / 64] >> (position % 64)) & 1)
    }

    #[inline]
    fn window(integers: &Integer, position: usize, width: usize) -> u64 {
        let (word, shift) = (position / 64, position % 64);
        let low = integers[word] >> shift;
        let next = integers.get(word + 1).copied().unwrap_or(0);
        // In two shifts, because a shift by 64 is no shift.
        let high = (next << 1) << (63 - shift);
        (low | high) & ((1 << width) - 1)
    }

    #[inline]
    fn signed(window: &u64, width: usize) -> (Mask, u64) {
        let half = 1 << (width - 1);
        let negative = ((window >> (width - 1)) & 1) ^ 1;
        let flip = negative.wrapping_neg() & (half - 1);
        (Mask::from_bit(negative), (window & (half - 1)) ^ flip)
    }

    #[inline]
    fn is(index: &u64, value: u64) -> Mask {
        Mask::is_zero(index ^ value)
    }

    #[inline]
    fn reveal(mask: &Mask, _: usize) -> bool {
        mask.0 != 0
    }
}
