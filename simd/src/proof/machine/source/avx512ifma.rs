//! AVX-512 IFMA over terms.

use core::ops::Range;

use super::{
    super::{lane::Lane as _, terms::Term},
    apart,
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

/// The instruction set, which needs no detection.
#[derive(Clone, Copy)]
pub(crate) struct Avx512Ifma;

/// One lane.
#[derive(Clone, Copy)]
pub(crate) struct Vector(pub(crate) Term);

/// One lane's truth value: 0 or 1.
#[derive(Clone, Copy)]
pub(crate) struct Mask(pub(crate) Term);

impl Avx512Ifma {
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
    fn select(mask: &Mask, a: Self, b: Self) -> Self {
        Self(mask.0.choose(a.0, b.0))
    }

    #[inline(never)]
    fn permute(self, table: &[u64; 32], first: usize) -> Self {
        Self(self.0.pick(&table[first..first + 16]))
    }

    #[inline(never)]
    fn debug_assert_in(self, _: Range<i64>) {}
}

impl Isa for Avx512Ifma {
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
        words::window(integers, position, width)
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
