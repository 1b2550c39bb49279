//! The limbs of the fields, for tests; see `docs`.

use core::array;

use crate::{
    isa::avx2::{Avx2, Vector, gf25519, gfp256},
    isa::field::limits::{Limbed, Limits, Range},
};

fn load(isa: Avx2, lanes: &[&[u64]]) -> [Vector; 10] {
    array::from_fn(|limb| isa.load_words(&array::from_fn(|lane| lanes[lane][limb])))
}

/// A vector of words, for tests of single instructions.
#[cfg(any(debug_assertions, emulated))]
pub(crate) fn vector(isa: Avx2, words: &[u64; 4]) -> Vector {
    isa.load_words(words)
}

/// The words of a vector.
#[cfg(any(debug_assertions, emulated))]
pub(crate) fn words(vector: Vector) -> [u64; 4] {
    let mut words = [0; 4];
    vector.store_words(&mut words);
    words
}

impl Limbed for gf25519::Gf25519 {
    const LIMITS: Limits = Limits {
        positions: &[0, 26, 51, 77, 102, 128, 153, 179, 204, 230],
        factor: Range::of(&by_turns(
            (3 << 26) + (1 << 19) - 1,
            (3 << 25) + (1 << 19) - 1,
        )),
        counted: 32,
        product: Range::of(&by_turns(
            (1 << 26) + (1 << 19) - 1,
            (1 << 25) + (1 << 19) - 1,
        )),
        canonical: false,
        montgomery: 0,
    };

    fn factor(isa: Avx2, lanes: &[&[u64]]) -> gf25519::Factor {
        gf25519::Factor(load(isa, lanes))
    }

    fn product(isa: Avx2, lanes: &[&[u64]]) -> gf25519::Product {
        gf25519::Product(load(isa, lanes))
    }
}

const fn by_turns(even: u64, odd: u64) -> [u64; 10] {
    [even, odd, even, odd, even, odd, even, odd, even, odd]
}

impl Limbed for gfp256::GfP256 {
    const LIMITS: Limits = Limits {
        positions: &[0, 26, 52, 78, 104, 130, 156, 182, 208, 234],
        factor: Range::of(&with_last((1 << 27) + (1 << 10) - 1, (1 << 24) - 1))
            .with_value_bits(258),
        counted: 32,
        product: Range::of(&with_last((1 << 26) - 1, (1 << 23) - 1)).with_value_bits(257),
        canonical: false,
        montgomery: 260,
    };

    fn factor(isa: Avx2, lanes: &[&[u64]]) -> gfp256::Factor {
        gfp256::Factor(load(isa, lanes))
    }

    fn product(isa: Avx2, lanes: &[&[u64]]) -> gfp256::Product {
        gfp256::Product(load(isa, lanes))
    }
}

const fn with_last(limb: u64, last: u64) -> [u64; 10] {
    let mut limbs = [limb; 10];
    limbs[9] = last;
    limbs
}
