//! The files on bits and lookups of the vector backends, over words of named bits.

use super::{Isa, avx2, avx512ifma, words::Bits};
use crate::proof::models::vpsrlq;

/// An entry of a table of any entries.
pub(super) fn entry<I: Isa>(number: usize) -> Bits {
    vpsrlq(Bits::input(number), u64::BITS - I::ENTRY_BITS as u32)
}

/// The numbers of the entries: a permutation takes the entries themselves.
fn numbers<T: TryFrom<usize>>() -> [T; 32] {
    core::array::from_fn(|i| T::try_from(i).ok().expect("a small number"))
}

macro_rules! isa {
    ($isa:ident, $witness:ident, $name:literal, $bits:literal, $window:ident) => {
        /// The instruction set.
        pub(super) struct $witness;

        impl Isa for $witness {
            const NAME: &str = $name;
            const ENTRY_BITS: usize = $bits;

            fn gray(integers: &[Bits; 4]) -> [Bits; 4] {
                $isa::words::gray(&integers.map($isa::Vector)).map(|word| word.0)
            }

            fn bit(integers: &[Bits; 4], position: usize) -> bool {
                $isa::words::bit(&integers.map($isa::Vector), position).0
            }

            fn window(integers: &[Bits; 4], position: usize, width: usize) -> Bits {
                $isa::words::$window(&integers.map($isa::Vector), position, width).0
            }

            fn signed(window: &Bits, width: usize) -> (bool, Bits) {
                let (negative, index) = $isa::words::signed(&$isa::Vector(*window), width);
                (negative.0, index.0)
            }

            fn is(index: &Bits, value: u64) -> bool {
                $isa::words::is(&$isa::Vector(*index), value).0
            }

            fn lookup(index: &Bits) -> Vec<Bits> {
                vec![$isa::Vector(*index).lookup(&numbers()).0]
            }

            fn entry(number: usize) -> Vec<Bits> {
                vec![entry::<Self>(number)]
            }
        }
    };
}

isa!(avx512ifma, Avx512Ifma, "AVX-512 IFMA", 64, window);
isa!(avx2, Avx2, "AVX2", 32, bits);

/// Defines methods of a vector, each one instruction.
macro_rules! vector_methods {
    ($($name:ident = $instruction:ident ($($argument:ident),*);)*) => {
        impl Vector {$(
            fn $name(self $(, $argument: Self)*) -> Self {
                Self($crate::proof::models::$instruction(self.0 $(, $argument.0)*))
            }
        )*}
    };
}
pub(super) use vector_methods;
