//! The limbs of the fields, for tests; see `docs`.

use core::array;

use crate::{
    isa::field::limits::{Limbed, Limits, Range},
    isa::portable::{Portable, gf25519, gfp256},
};

fn load<const LIMBS: usize>(lanes: &[&[u64]]) -> [u64; LIMBS] {
    array::from_fn(|limb| lanes[0][limb])
}

impl Limbed for gf25519::Gf25519 {
    const LIMITS: Limits = Limits {
        positions: &[0, 51, 102, 153, 204],
        factor: Range::of(&[(1 << 54) - 1; 5]),
        counted: 64,
        product: Range::of(&[(1 << 52) - 1; 5]),
        canonical: false,
        montgomery: 0,
    };

    fn factor(_: Portable, lanes: &[&[u64]]) -> gf25519::Factor {
        gf25519::Factor(load(lanes))
    }

    fn product(_: Portable, lanes: &[&[u64]]) -> gf25519::Product {
        gf25519::Product(load(lanes))
    }
}

impl Limbed for gfp256::GfP256 {
    const LIMITS: Limits = Limits {
        positions: &[0, 64, 128, 192],
        factor: Range::of(&[u64::MAX; 4]),
        counted: 64,
        product: Range::of(&[u64::MAX; 4]),
        canonical: true,
        montgomery: 256,
    };

    fn factor(_: Portable, lanes: &[&[u64]]) -> gfp256::Element {
        gfp256::Element(load(lanes))
    }

    fn product(_: Portable, lanes: &[&[u64]]) -> gfp256::Element {
        gfp256::Element(load(lanes))
    }
}
