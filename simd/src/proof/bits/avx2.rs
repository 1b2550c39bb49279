//! The files on bits and lookups of AVX2, over words of named bits.

use super::vectors::{Avx2, entry, vector_methods};
use super::words::Bits;
use crate::proof::{models as m, words::Word};

pub(crate) use crate::isa::avx2::for_limbs;

#[path = "../../isa/avx2/lookup.rs"]
mod lookup;
// What packs limbs is proved with the fields.
#[expect(dead_code)]
#[path = "../../isa/avx2/words.rs"]
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

    fn shl<const BITS: i32>(self) -> Self {
        Self(m::vpsllq(self.0, BITS.cast_unsigned()))
    }

    fn shr<const BITS: i32>(self) -> Self {
        Self(m::vpsrlq(self.0, BITS.cast_unsigned()))
    }

    fn equals(self, other: Self) -> Mask {
        Mask(m::vpcmpeqq(self.0, other.0))
    }

    fn is_zero(self) -> Mask {
        self.equals(self.splat(0))
    }

    fn not_if(self, mask: &Mask) -> Self {
        self.xor(self.splat(if mask.0 { u64::MAX } else { 0 }))
    }

    fn select(mask: &Mask, a: Self, b: Self) -> Self {
        Self(m::vpblendvb(b.0, a.0, mask.0))
    }

    fn permute(self, table: &[u32; 32], first: usize) -> Self {
        let entry = |i| entry::<Avx2>(table[first + i] as usize);
        Self(m::vpermd(self.0, &core::array::from_fn(entry)))
    }
}
