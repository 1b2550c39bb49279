//! The files on bits and lookups of AVX-512 IFMA, over words of named bits.

use super::vectors::{Avx512Ifma, entry, vector_methods};
use super::words::Bits;
use crate::proof::{models as m, words::Word};

#[path = "../../isa/avx512ifma/lookup.rs"]
mod lookup;
#[path = "../../isa/avx512ifma/words.rs"]
pub(super) mod words;

/// The word of one lane.
#[derive(Clone, Copy)]
pub(super) struct Vector(pub(super) Bits);
/// The truth value of one lane.
#[derive(Clone, Copy)]
pub(super) struct Mask(pub(super) bool);

vector_methods! {
    and = vpand(other);
    or = vpor(other);
    xor = vpxor(other);
    shl_by = vpsllvq(count);
    shr_by = vpsrlvq(count);
}

impl Vector {
    fn splat(self, value: u64) -> Self {
        Self(Bits::constant(value))
    }

    fn shl<const BITS: u32>(self) -> Self {
        Self(m::vpsllq(self.0, BITS))
    }

    fn shr<const BITS: u32>(self) -> Self {
        Self(m::vpsrlq(self.0, BITS))
    }

    fn test(self, bits: Self) -> Mask {
        Mask(m::vptestmq(self.0, bits.0))
    }

    fn test_not(self, bits: Self) -> Mask {
        Mask(m::vptestnmq(self.0, bits.0))
    }

    fn not_if(self, mask: &Mask) -> Self {
        Self(m::vpternlogq_not_mask(self.0, mask.0))
    }

    fn select(mask: &Mask, a: Self, b: Self) -> Self {
        Self(m::vpblendmq(mask.0, b.0, a.0))
    }

    fn permute(self, table: &[u64; 32], first: usize) -> Self {
        let entry = |i| entry::<Avx512Ifma>(table[first + i] as usize);
        Self(m::vpermt2q(self.0, &core::array::from_fn(entry)))
    }
}
