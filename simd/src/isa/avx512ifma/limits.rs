//! The limbs of the fields, for tests; see `docs`.

use core::array;

use super::{Avx512Ifma, Vector, gf25519, gfp256};
use crate::isa::field::limits::{Limbed, Limits, Range};

const POSITIONS: &[usize] = &[0, 52, 104, 156, 208];
/// Any: what lies above 52 bits was carried on.
const ANY: u64 = u64::MAX;
/// The largest limb of a product.
const LARGE: u64 = (1 << 56) - 1;

fn load(isa: Avx512Ifma, lanes: &[&[u64]]) -> [Vector; 5] {
    array::from_fn(|limb| isa.load_words(&array::from_fn(|lane| lanes[lane][limb])))
}

/// A vector of words, for tests of single instructions.
#[cfg(any(debug_assertions, emulated))]
pub(crate) fn vector(isa: Avx512Ifma, words: &[u64; 8]) -> Vector {
    isa.load_words(words)
}

/// The words of a vector.
#[cfg(any(debug_assertions, emulated))]
pub(crate) fn words(vector: Vector) -> [u64; 8] {
    let mut words = [0; 8];
    vector.store_words(&mut words);
    words
}

impl Limbed for gf25519::Gf25519 {
    const LIMITS: Limits = Limits {
        positions: POSITIONS,
        factor: Range::of(&[ANY, ANY, ANY, ANY, (1 << 47) + (1 << 12) - 1]),
        counted: 52,
        product: Range::of(&[LARGE; 5]),
        canonical: false,
        montgomery: 0,
    };

    fn factor(isa: Avx512Ifma, lanes: &[&[u64]]) -> gf25519::Factor {
        gf25519::Factor(load(isa, lanes))
    }

    fn product(isa: Avx512Ifma, lanes: &[&[u64]]) -> gf25519::Product {
        gf25519::Product(load(isa, lanes))
    }
}

impl Limbed for gfp256::GfP256 {
    const LIMITS: Limits = Limits {
        positions: POSITIONS,
        factor: Range::of(&[ANY, ANY, ANY, ANY, (1 << 50) - 1]),
        counted: 52,
        product: Range::of(&[LARGE, LARGE, LARGE, LARGE, (1 << 49) - 1]).with_value_bits(257),
        canonical: false,
        montgomery: 260,
    };

    fn factor(isa: Avx512Ifma, lanes: &[&[u64]]) -> gfp256::Factor {
        gfp256::Factor(load(isa, lanes))
    }

    fn product(isa: Avx512Ifma, lanes: &[&[u64]]) -> gfp256::Product {
        gfp256::Product(load(isa, lanes))
    }
}
