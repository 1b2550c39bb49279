//! The field of 2^255 - 19 in five limbs of 51 bits.
//!
//! The free functions are `const`: the compiler runs them to make the tables of
//! all backends. The range of each limb is in `docs/curve25519.md`.

use crate::{
    curve25519::{inverse, table},
    field::{self, CombField, Field},
    isa::{
        Integer,
        portable::{Mask, Portable},
    },
};

/// Limbs of 51 bits, least significant first.
pub(crate) type Limbs = [u64; 5];

const LIMB: u64 = (1 << 51) - 1;

/// Below this is every limb of a factor, so that five products fit 128 bits.
const FACTOR_LIMIT: u64 = 1 << 54;
/// Below this is every limb of a product.
const PRODUCT_LIMIT: u64 = 1 << 52;

/// A multiple of the prime, 4 (2^255 - 19), whose limbs exceed those of a product.
const OFFSET: Limbs = [4 * (LIMB - 18), 4 * LIMB, 4 * LIMB, 4 * LIMB, 4 * LIMB];

const fn in_range(a: &Limbs, limit: u64) -> bool {
    a[0] < limit && a[1] < limit && a[2] < limit && a[3] < limit && a[4] < limit
}

/// The limbs of an integer below 2^255.
pub(crate) const fn from_integer(words: &Integer) -> Limbs {
    [
        words[0] & LIMB,
        (words[0] >> 51 | words[1] << 13) & LIMB,
        (words[1] >> 38 | words[2] << 26) & LIMB,
        (words[2] >> 25 | words[3] << 39) & LIMB,
        (words[3] >> 12) & LIMB,
    ]
}

/// The integer below 2^255 - 19 that is congruent to a factor.
pub(crate) const fn to_integer(a: &Limbs) -> Integer {
    let limbs = freeze(a);
    [
        limbs[0] | limbs[1] << 51,
        limbs[1] >> 13 | limbs[2] << 38,
        limbs[2] >> 26 | limbs[3] << 25,
        limbs[3] >> 39 | limbs[4] << 12,
    ]
}

const fn freeze(a: &Limbs) -> Limbs {
    let a = carry(&carry(a));
    // 1 if a >= 2^255 - 19, which is when a + 19 reaches 2^255; else 0.
    let mut quotient = (a[0] + 19) >> 51;
    let mut i = 1;
    while i < 5 {
        quotient = (a[i] + quotient) >> 51;
        i += 1;
    }
    let mut result = carry_chain([a[0] + 19 * quotient, a[1], a[2], a[3], a[4]]);
    result[4] &= LIMB;
    result
}

/// Carries from each limb to the next, but not out of the last.
const fn carry_chain(mut a: Limbs) -> Limbs {
    let mut i = 0;
    while i < 4 {
        a[i + 1] += a[i] >> 51;
        a[i] &= LIMB;
        i += 1;
    }
    a
}

/// Carries from each limb to the next, and from the last to the first.
const fn carry(a: &Limbs) -> Limbs {
    let mut result = carry_chain(*a);
    result[0] += 19 * (result[4] >> 51);
    result[4] &= LIMB;
    result
}

/// `a + b`, as a factor.
pub(crate) const fn add(a: &Limbs, b: &Limbs) -> Limbs {
    debug_assert!(in_range(a, PRODUCT_LIMIT) && in_range(b, PRODUCT_LIMIT));
    [
        a[0] + b[0],
        a[1] + b[1],
        a[2] + b[2],
        a[3] + b[3],
        a[4] + b[4],
    ]
}

/// `a - b`, as a factor.
pub(crate) const fn sub(a: &Limbs, b: &Limbs) -> Limbs {
    debug_assert!(in_range(a, PRODUCT_LIMIT) && in_range(b, PRODUCT_LIMIT));
    [
        a[0] + OFFSET[0] - b[0],
        a[1] + OFFSET[1] - b[1],
        a[2] + OFFSET[2] - b[2],
        a[3] + OFFSET[3] - b[3],
        a[4] + OFFSET[4] - b[4],
    ]
}

/// `a b`, as a product.
pub(crate) const fn mul(a: &Limbs, b: &Limbs) -> Limbs {
    debug_assert!(in_range(a, FACTOR_LIMIT) && in_range(b, FACTOR_LIMIT));
    let mut sums = [0u128; 5];
    let mut i = 0;
    while i < 5 {
        let mut j = 0;
        while j < 5 {
            // 2^255 = 19: what goes past the fifth limb comes back 19 times.
            let folded = if i + j < 5 { b[j] } else { 19 * b[j] };
            sums[(i + j) % 5] += a[i] as u128 * folded as u128;
            j += 1;
        }
        i += 1;
    }
    reduce(sums)
}

/// Carries sums of products below 2^115 into the limbs of a product.
const fn reduce(mut sums: [u128; 5]) -> Limbs {
    let mut limbs = [0; 5];
    let mut i = 0;
    while i < 5 {
        if i < 4 {
            sums[i + 1] += sums[i] >> 51;
        }
        limbs[i] = sums[i] as u64 & LIMB;
        i += 1;
    }
    let folded = limbs[0] as u128 + 19 * (sums[4] >> 51);
    limbs[0] = folded as u64 & LIMB;
    limbs[1] += (folded >> 51) as u64;
    limbs
}

/// The field on the portable backend.
#[derive(Clone, Copy)]
pub(crate) struct Gf25519;

/// Limbs below 2^54.
#[derive(Clone, Copy)]
pub(crate) struct Factor(pub(super) Limbs);

/// Limbs below 2^52.
#[derive(Clone, Copy)]
pub(crate) struct Product(pub(super) Limbs);

impl Field for Gf25519 {
    type Isa = Portable;
    type Factor = Factor;
    type Product = Product;

    #[inline(always)]
    fn constant(_: Portable, value: &Integer) -> Product {
        Product(from_integer(value))
    }

    #[inline(always)]
    fn from_integers(integers: &Integer) -> Product {
        Product(from_integer(integers))
    }

    #[inline(always)]
    fn to_integers(element: &Factor) -> Integer {
        to_integer(&element.0)
    }

    #[inline(always)]
    fn mul(a: &Factor, b: &Factor) -> Product {
        Product(mul(&a.0, &b.0))
    }

    #[inline(always)]
    fn square(a: &Factor) -> Product {
        Product(mul(&a.0, &a.0))
    }

    #[inline(always)]
    fn carry(a: &Product) -> Factor {
        Factor(a.0)
    }

    #[inline(always)]
    fn add(a: &Product, b: &Product) -> Factor {
        Factor(add(&a.0, &b.0))
    }

    #[inline(always)]
    fn sub(a: &Product, b: &Product) -> Factor {
        Factor(sub(&a.0, &b.0))
    }

    #[inline(always)]
    fn select(mask: &Mask, a: &Factor, b: &Factor) -> Factor {
        let mut result = [0; 5];
        for (limb, (a, b)) in result.iter_mut().zip(a.0.iter().zip(b.0)) {
            *limb = mask.select(*a, b);
        }
        Factor(result)
    }

    #[inline(always)]
    fn invert(a: &Factor) -> Factor {
        inverse::invert::<Self>(a)
    }

    #[inline(always)]
    fn is_zero(a: &Factor) -> Mask {
        let integer = to_integer(&a.0);
        Mask::is_zero(integer[0] | integer[1] | integer[2] | integer[3])
    }
}

impl field::Gf25519 for Gf25519 {
    #[inline(always)]
    fn add_a24_times(a: &Product, b: &Factor) -> Factor {
        let product = mul(&b.0, &[121_665, 0, 0, 0, 0]);
        Factor(add(&a.0, &product))
    }

    #[inline(always)]
    fn negate_if(mask: &Mask, a: &Product) -> Factor {
        let negated = Self::sub(&Product([0; 5]), a);
        Self::select(mask, &negated, &Factor(a.0))
    }
}

/// The limbs of one coordinate of every entry of a window.
pub(crate) type Column = [Limbs; table::ENTRIES];

static WINDOWS: [[Column; 3]; table::WINDOWS] = {
    let mut windows = [[[[0; 5]; table::ENTRIES]; 3]; table::WINDOWS];
    let mut i = 0;
    while i < table::WINDOWS * table::ENTRIES {
        let (window, entry) = (i / table::ENTRIES, i % table::ENTRIES);
        let mut coordinate = 0;
        while coordinate < 3 {
            let integer = &table::MULTIPLES[window][entry][coordinate];
            windows[window][coordinate][entry] = from_integer(integer);
            coordinate += 1;
        }
        i += 1;
    }
    windows
};

impl CombField<3> for Gf25519 {
    type Column = Column;

    fn windows() -> &'static [[Column; 3]] {
        &WINDOWS
    }

    #[inline(always)]
    fn lookup(column: &Column, index: &u64) -> Factor {
        let mut result = Factor([0; 5]);
        for (entry, limbs) in (0..).zip(column) {
            let found = Mask::is_zero(entry ^ index);
            result = Self::select(&found, &Factor(*limbs), &result);
        }
        result
    }
}
