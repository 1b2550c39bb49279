//! The AVX-512 IFMA backend on an emulated processor, for tests: its kernels run on every CPU, from the files
//! that ship, over instructions in plain Rust.
//!
//! Each instruction is what Intel's manual says of one 64-bit lane, and is compared with the models that
//! the proofs use, which are compared with the CPU. One lane stands for all eight: no instruction mixes them, and
//! the compiler is spared seven eighths.

use core::ops::Range;

use crate::{
    integer::Integer,
    isa::{Isa, Kernel, transpose, word::word},
};

#[path = "../avx512ifma/comb.rs"]
mod comb;
#[path = "../avx512ifma/gf25519.rs"]
pub(crate) mod gf25519;
#[path = "../avx512ifma/gfp256.rs"]
pub(crate) mod gfp256;
#[path = "../avx512ifma/limbs.rs"]
mod limbs;
#[path = "../avx512ifma/limits.rs"]
mod limits;
#[path = "../avx512ifma/lookup.rs"]
mod lookup;
#[path = "../avx512ifma/rows.rs"]
mod rows;
#[path = "../avx512ifma/words.rs"]
mod words;

mod tests;

use crate::isa::avx512ifma::windows;

/// The witness of nothing: the emulated processor is always there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx512Ifma;

impl Avx512Ifma {
    fn splat(self, value: u64) -> Vector {
        Vector(value)
    }

    /// The first of eight words is this lane's.
    fn load_words(self, words: &[u64; 8]) -> Vector {
        Vector(words[0])
    }
}

/// The word of one lane.
#[derive(Clone, Copy)]
pub(crate) struct Vector(u64);

/// The truth value of one lane.
#[derive(Clone, Copy)]
pub(crate) struct Mask(bool);

/// The bits of a word that a multiplication reads.
const READ: u64 = (1 << 52) - 1;

fn multiply(a: u64, b: u64) -> u128 {
    u128::from(a & READ) * u128::from(b & READ)
}

/// Defines methods of [`Vector`], each one instruction.
macro_rules! vector_methods {
    ($($name:ident($($argument:ident),*) = |$word:ident| $result:expr;)*) => {
        impl Vector {$(
            pub(crate) fn $name(self $(, $argument: Self)*) -> Self {
                let $word = self.0;
                $(let $argument = $argument.0;)*
                Self($result)
            }
        )*}
    };
}

vector_methods! {
    add(other) = |word| word.wrapping_add(other);
    sub(other) = |word| word.wrapping_sub(other);
    and(other) = |word| word & other;
    or(other) = |word| word | other;
    xor(other) = |word| word ^ other;
    add_low(a, b) = |word| word.wrapping_add(multiply(a, b) as u64 & READ);
    add_high(a, b) = |word| word.wrapping_add((multiply(a, b) >> 52) as u64);
    shl_by(count) = |word| if count < 64 { word << count } else { 0 };
    shr_by(count) = |word| if count < 64 { word >> count } else { 0 };
}

word!(Vector);

impl Vector {
    pub(crate) fn splat(self, value: u64) -> Self {
        Self(value)
    }

    pub(crate) fn shl<const BITS: u32>(self) -> Self {
        Self(self.0 << BITS)
    }

    pub(crate) fn shr<const BITS: u32>(self) -> Self {
        Self(self.0 >> BITS)
    }

    pub(crate) fn shr_signed<const BITS: u32>(self) -> Self {
        Self((self.0 as i64 >> BITS) as u64)
    }

    pub(crate) fn test(self, bits: Self) -> Mask {
        Mask(self.0 & bits.0 != 0)
    }

    pub(crate) fn test_not(self, bits: Self) -> Mask {
        Mask(self.0 & bits.0 == 0)
    }

    pub(crate) fn sub_if(self, mask: &Mask, other: Self, otherwise: Self) -> Self {
        Self::select(mask, self.sub(other), otherwise)
    }

    pub(crate) fn not_if(self, mask: &Mask) -> Self {
        Self::select(mask, Self(!self.0), self)
    }

    /// `a` if the mask is set, else `b`.
    pub(crate) fn select(mask: &Mask, a: Self, b: Self) -> Self {
        if mask.0 { a } else { b }
    }

    fn permute(self, table: &[u64; 32], first: usize) -> Self {
        Self(table[first + (self.0 & 15) as usize])
    }

    /// The first of eight words is this lane's.
    fn store_words(self, words: &mut [u64; 8]) {
        words[0] = self.0;
    }

    pub(crate) fn debug_assert_in(self, range: Range<i64>) {
        assert!(range.contains(&(self.0 as i64)), "a limb left its range");
    }
}

impl Isa for Avx512Ifma {
    const LANES: usize = 1;
    const GROUP: usize = 16;

    type Integers = [Vector; 4];
    type Mask = Mask;
    type Index = Vector;
    type Group<T: Copy> = [T; Self::GROUP];

    type Gf25519 = gf25519::Gf25519;
    type GfP256 = gfp256::GfP256;

    fn vectorize<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    fn clear_registers(self) {}

    fn group<T: Copy>(vector: T) -> Self::Group<T> {
        [vector; Self::GROUP]
    }

    fn load(self, integers: &[Integer]) -> [Vector; 4] {
        transpose::words!(integers, 1, 0).map(|[word]| Vector(word))
    }

    fn store(integers: &[Vector; 4], to: &mut [Integer]) {
        let words = integers.map(|word| [word.0]);
        transpose::integers!(&words, 1 => to);
    }

    fn gray(integers: &[Vector; 4]) -> [Vector; 4] {
        words::gray(integers)
    }

    fn bit(integers: &[Vector; 4], position: usize) -> Mask {
        words::bit(integers, position)
    }

    fn window(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
        words::window(integers, position, width)
    }

    fn signed(window: &Vector, width: usize) -> (Mask, Vector) {
        words::signed(window, width)
    }

    fn is(index: &Vector, value: u64) -> Mask {
        words::is(index, value)
    }

    fn reveal(mask: &Mask, _: usize) -> bool {
        mask.0
    }
}
