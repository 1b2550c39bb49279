//! The AVX2 backend over symbolic words.

pub(crate) use crate::isa::avx2::for_limbs;
use crate::{
    integer::Integer,
    isa::{Isa, Kernel, transpose},
    proof::{
        engine::{self, Interval, Symbol},
        models::Model,
        words::Word,
    },
};

#[path = "../../isa/avx2/comb.rs"]
mod comb;
// The windows are those that ship, and so are their limbs.
#[expect(dead_code)]
#[path = "../../isa/avx2/gf25519.rs"]
pub(crate) mod gf25519;
#[path = "../../isa/avx2/gfp256.rs"]
pub(crate) mod gfp256;
#[path = "../../isa/avx2/lookup.rs"]
mod lookup;
#[path = "../../isa/avx2/words.rs"]
pub(crate) mod words;

pub(crate) use crate::isa::avx2::windows;
use words::{bits, pack};

/// The witness of nothing: symbols need no processor.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Avx2;

impl Avx2 {
    fn splat(self, value: u64) -> Vector {
        Vector(Symbol::constant(value))
    }
}

/// The word of one lane.
#[derive(Clone, Copy)]
pub(crate) struct Vector(pub(crate) Symbol);

/// The truth value of one lane.
#[derive(Clone, Copy)]
pub(crate) struct Mask(pub(crate) bool);

/// Does nothing: it is for the compiler.
fn keep_in_memory<T>(_: &mut T) {}

/// Defines methods of [`Vector`], each one instruction.
macro_rules! vector_methods {
    ($($name:ident = $instruction:ident ($($argument:ident),*);)*) => {
        impl Vector {$(
            pub(crate) fn $name(self $(, $argument: Self)*) -> Self {
                Self((Model::in_use().$instruction)(self.0 $(, $argument.0)*))
            }
        )*}
    };
}

vector_methods! {
    add = vpaddq(other);
    add_in_turn = vpaddq(other);
    sub = vpsubq(other);
    mul = vpmuludq(other);
    and = vpand(other);
    or = vpor(other);
    xor = vpxor(other);
    shl_by = vpsllvq(count);
    shr_by = vpsrlvq(count);
}

impl Vector {
    pub(crate) fn splat(self, value: u64) -> Self {
        Self(Symbol::constant(value))
    }

    pub(crate) fn shl<const BITS: i32>(self) -> Self {
        Self((Model::in_use().vpsllq)(self.0, BITS.cast_unsigned()))
    }

    pub(crate) fn shr<const BITS: i32>(self) -> Self {
        Self((Model::in_use().vpsrlq)(self.0, BITS.cast_unsigned()))
    }

    /// All ones or all zeros, as a truth value.
    pub(crate) fn equals(self, other: Self) -> Mask {
        Mask((Model::in_use().vpcmpeqq)(self.0, other.0))
    }

    pub(crate) fn is_zero(self) -> Mask {
        self.equals(self.splat(0))
    }

    /// Signs of digits are proved of bits.
    pub(crate) fn not_if(self, _: &Mask) -> Self {
        unreachable!("no field has it")
    }

    pub(crate) fn select(mask: &Mask, a: Self, b: Self) -> Self {
        Self((Model::in_use().vpblendvb)(b.0, a.0, mask.0))
    }

    /// A table holds the numbers of symbols.
    fn permute(self, table: &[u32; 32], first: usize) -> Self {
        let entries = core::array::from_fn(|i| Symbol::numbered(u64::from(table[first + i])));
        Self((Model::in_use().vpermd)(self.0, &entries))
    }

    pub(crate) fn debug_assert_below(self, limit: u64) {
        engine::oblige_in(self.0, Interval::below(limit), "an assertion of the source");
    }
}

impl Isa for Avx2 {
    const LANES: usize = 1;
    const GROUP: usize = 1;
    type Integers = [Vector; 4];
    type Mask = Mask;
    type Index = Vector;
    type Group<T: Copy> = [T; 1];
    type Gf25519 = gf25519::Gf25519;
    type GfP256 = gfp256::GfP256;

    fn vectorize<K: Kernel<Self>>(self, kernel: K) {
        kernel.run(self);
    }

    fn clear_registers(self) {}

    fn group<T: Copy>(vector: T) -> [T; 1] {
        [vector]
    }

    /// Integers hold the numbers of symbols.
    fn load(self, integers: &[Integer]) -> [Vector; 4] {
        transpose::words!(integers, 1, 0).map(|[word]| Vector(Symbol::numbered(word)))
    }

    fn store(integers: &[Vector; 4], to: &mut [Integer]) {
        let words = integers.map(|word| [word.0.number()]);
        transpose::integers!(&words, 1 => to);
    }

    fn gray(integers: &[Vector; 4]) -> [Vector; 4] {
        words::gray(integers)
    }

    fn bit(integers: &[Vector; 4], position: usize) -> Mask {
        words::bit(integers, position)
    }

    fn window(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
        bits(integers, position, width)
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
