//! AVX2 over terms.

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

#[path = "../../../isa/avx2/comb.rs"]
mod comb;
// What makes the tables is not used: they are the backend's.
#[allow(dead_code)]
#[path = "../../../isa/avx2/gf25519.rs"]
pub(crate) mod gf25519;
#[allow(dead_code)]
#[path = "../../../isa/avx2/gfp256.rs"]
pub(crate) mod gfp256;
#[path = "../../../isa/avx2/lookup.rs"]
mod lookup;
pub(crate) use crate::isa::avx2::windows;
#[path = "../../../isa/avx2/words.rs"]
mod words;
use crate::isa::avx2::for_limbs;
use words::{bits, pack};

/// The compiler's memory is no concern of terms.
fn keep_in_memory<T>(_: &mut T) {}

over_terms!(Avx2, bits);

impl Vector {
    #[inline(never)]
    fn add_in_turn(self, other: Self) -> Self {
        self.add(other)
    }

    #[inline(never)]
    fn mul(self, other: Self) -> Self {
        Self(models::vpmuludq(self.0, other.0))
    }

    #[inline(never)]
    fn shl<const BITS: i32>(self) -> Self {
        Self(models::vpsllq(self.0, BITS as u32))
    }

    #[inline(never)]
    fn shr<const BITS: i32>(self) -> Self {
        Self(models::vpsrlq(self.0, BITS as u32))
    }

    #[inline(never)]
    fn equals(self, other: Self) -> Mask {
        Mask(self.0.xor(other.0).zero())
    }

    #[inline(never)]
    fn is_zero(self) -> Mask {
        Mask(self.0.zero())
    }

    #[inline(never)]
    fn not_if(self, mask: &Mask) -> Self {
        Self(self.0.xor(mask.0.all_ones()))
    }

    /// Both halves of a lane are indices.
    #[inline(never)]
    fn permute(self, table: &[u32; 32], first: usize) -> Self {
        let entries: [u64; 8] = core::array::from_fn(|i| u64::from(table[first + i]));
        let low = self.0.pick(&entries);
        let high = self.0.shifted_right(32).pick(&entries);
        Self(low.plus(high.shifted_left(32)))
    }

    #[inline(never)]
    fn debug_assert_below(self, _: u64) {}
}
