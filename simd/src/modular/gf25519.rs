//! Arithmetic modulo 2^255 - 19, in five limbs of 51 bits.
//!
//! The functions are `const`: the compiler runs them to make the windows of a backend, and the build
//! script to make the table. The range of each limb is in `docs/curve25519.md`.

use crate::integer::Integer;

/// Limbs of 51 bits, least significant first.
pub(crate) type Limbs = [u64; 5];

/// 2^255 - 19.
pub(crate) const PRIME: Integer = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

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

/// `a + b - c`, as a factor.
pub(crate) const fn add_sub(a: &Limbs, b: &Limbs, c: &Limbs) -> Limbs {
    debug_assert!(in_range(a, PRODUCT_LIMIT) && in_range(b, PRODUCT_LIMIT));
    debug_assert!(in_range(c, PRODUCT_LIMIT));
    [
        a[0] + b[0] + OFFSET[0] - c[0],
        a[1] + b[1] + OFFSET[1] - c[1],
        a[2] + b[2] + OFFSET[2] - c[2],
        a[3] + b[3] + OFFSET[3] - c[3],
        a[4] + b[4] + OFFSET[4] - c[4],
    ]
}

/// `2 a + b - c`, as a factor.
pub(crate) const fn twice_add_sub(a: &Limbs, b: &Limbs, c: &Limbs) -> Limbs {
    debug_assert!(in_range(a, PRODUCT_LIMIT) && in_range(b, PRODUCT_LIMIT));
    debug_assert!(in_range(c, PRODUCT_LIMIT));
    carry(&[
        a[0] + a[0] + b[0] + OFFSET[0] - c[0],
        a[1] + a[1] + b[1] + OFFSET[1] - c[1],
        a[2] + a[2] + b[2] + OFFSET[2] - c[2],
        a[3] + a[3] + b[3] + OFFSET[3] - c[3],
        a[4] + a[4] + b[4] + OFFSET[4] - c[4],
    ])
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
