//! AVX-512 IFMA over terms.

use core::ops::Range;

use super::{
    super::{lane::Lane as _, terms::Term},
    apart,
    vectors::over_terms,
};
use crate::{
    integer::Integer,
    isa::{Isa, Kernel},
    proof::{models, words::Word as _},
};

#[path = "../../../isa/avx512ifma/comb.rs"]
mod comb;
// What makes the tables is not used: they are the backend's.
#[allow(dead_code)]
#[path = "../../../isa/avx512ifma/gf25519.rs"]
pub(crate) mod gf25519;
#[allow(dead_code)]
#[path = "../../../isa/avx512ifma/gfp256.rs"]
pub(crate) mod gfp256;
#[path = "../../../isa/avx512ifma/limbs.rs"]
mod limbs;
#[path = "../../../isa/avx512ifma/lookup.rs"]
mod lookup;
pub(crate) use crate::isa::avx512ifma::windows;
#[path = "../../../isa/avx512ifma/words.rs"]
mod words;

over_terms!(Avx512Ifma, words::window);

impl Vector {
    #[inline(never)]
    fn add_low(self, a: Self, b: Self) -> Self {
        Self(models::vpmadd52luq(self.0, a.0, b.0))
    }

    #[inline(never)]
    fn add_high(self, a: Self, b: Self) -> Self {
        Self(models::vpmadd52huq(self.0, a.0, b.0))
    }

    #[inline(never)]
    fn shl<const BITS: u32>(self) -> Self {
        Self(models::vpsllq(self.0, BITS))
    }

    #[inline(never)]
    fn shr<const BITS: u32>(self) -> Self {
        Self(models::vpsrlq(self.0, BITS))
    }

    #[inline(never)]
    fn shr_signed<const BITS: u32>(self) -> Self {
        Self(models::vpsraq(self.0, BITS))
    }

    #[inline(never)]
    fn test(self, bits: Self) -> Mask {
        Mask(self.0.and(bits.0).zero().negated())
    }

    #[inline(never)]
    fn test_not(self, bits: Self) -> Mask {
        Mask(self.0.and(bits.0).zero())
    }

    #[inline(never)]
    fn sub_if(self, mask: &Mask, other: Self, otherwise: Self) -> Self {
        Self(mask.0.choose(self.sub(other).0, otherwise.0))
    }

    #[inline(never)]
    fn not_if(self, mask: &Mask) -> Self {
        Self(mask.0.choose(self.0.xor(Term::constant(u64::MAX)), self.0))
    }

    #[inline(never)]
    fn permute(self, table: &[u64; 32], first: usize) -> Self {
        Self(self.0.pick(&table[first..first + 16]))
    }

    #[inline(never)]
    fn debug_assert_in(self, _: Range<i64>) {}
}
