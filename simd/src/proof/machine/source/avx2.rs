//! AVX2 over terms.

use super::{
    super::{lane::Lane as _, terms::Term},
    apart,
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

/// The instruction set, which needs no detection.
#[derive(Clone, Copy)]
pub(crate) struct Avx2;

/// One lane.
#[derive(Clone, Copy)]
pub(crate) struct Vector(pub(crate) Term);

/// One lane's truth value: 0 or 1.
#[derive(Clone, Copy)]
pub(crate) struct Mask(pub(crate) Term);

impl Avx2 {
    fn splat(self, value: u64) -> Vector {
        Vector(Term::constant(value))
    }
}

impl Vector {
    #[inline(never)]
    fn splat(self, value: u64) -> Self {
        Self(Term::constant(value))
    }

    #[inline(never)]
    fn add(self, other: Self) -> Self {
        Self(models::vpaddq(self.0, other.0))
    }

    #[inline(never)]
    fn sub(self, other: Self) -> Self {
        Self(models::vpsubq(self.0, other.0))
    }

    #[inline(never)]
    fn and(self, other: Self) -> Self {
        Self(models::vpand(self.0, other.0))
    }

    #[inline(never)]
    fn or(self, other: Self) -> Self {
        Self(models::vpor(self.0, other.0))
    }

    #[inline(never)]
    fn xor(self, other: Self) -> Self {
        Self(models::vpxor(self.0, other.0))
    }

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
    fn shr_by(self, count: Self) -> Self {
        Self(models::vpsrlq(self.0, count.count()))
    }

    #[inline(never)]
    fn shl_by(self, count: Self) -> Self {
        Self(models::vpsllq(self.0, count.count()))
    }

    #[inline(never)]
    fn count(self) -> u32 {
        self.0.value().expect("shifts are by public numbers") as u32
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

    #[inline(never)]
    fn select(mask: &Mask, a: Self, b: Self) -> Self {
        Self(mask.0.choose(a.0, b.0))
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

impl Isa for Avx2 {
    const LANES: usize = 1;
    const GROUP: usize = 16;

    type Integers = [Vector; 4];
    type Mask = Mask;
    type Index = Vector;
    type Group<T: Copy> = [T; 16];

    type Gf25519 = apart::Gf25519<gf25519::Gf25519>;
    type GfP256 = apart::GfP256<gfp256::GfP256>;

    fn vectorize<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    fn clear_registers(self) {}

    fn group<T: Copy>(vector: T) -> [T; 16] {
        [vector; 16]
    }

    #[inline(never)]
    fn load(self, integers: &[Integer]) -> [Vector; 4] {
        super::inputs(&integers[0]).map(Vector)
    }

    #[inline(never)]
    fn store(integers: &[Vector; 4], to: &mut [Integer]) {
        to[0] = super::names(integers.map(|word| word.0));
    }

    #[inline(never)]
    fn gray(integers: &[Vector; 4]) -> [Vector; 4] {
        words::gray(integers)
    }

    #[inline(never)]
    fn bit(integers: &[Vector; 4], position: usize) -> Mask {
        words::bit(integers, position)
    }

    #[inline(never)]
    fn window(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
        bits(integers, position, width)
    }

    #[inline(never)]
    fn signed(window: &Vector, width: usize) -> (Mask, Vector) {
        words::signed(window, width)
    }

    #[inline(never)]
    fn is(index: &Vector, value: u64) -> Mask {
        words::is(index, value)
    }

    #[inline(never)]
    fn reveal(_: &Mask, _: usize) -> bool {
        // Whichever: nothing that a kernel does depends on it.
        true
    }
}
