//! Five limbs of 52 bits, which both fields have.

use super::{Mask, Vector};
use crate::integer::Integer;

/// Limbs, least significant first.
pub(crate) type Limbs = [Vector; 5];

/// The bits of a limb.
pub(crate) const LIMB: u64 = (1 << 52) - 1;

/// The limbs of an integer.
pub(crate) const fn limbs(words: &Integer) -> [u64; 5] {
    [
        words[0] & LIMB,
        (words[0] >> 52 | words[1] << 12) & LIMB,
        (words[1] >> 40 | words[2] << 24) & LIMB,
        (words[2] >> 28 | words[3] << 36) & LIMB,
        words[3] >> 16,
    ]
}

/// The same limbs in every lane; `any` is a vector of the backend.
#[inline(always)]
pub(crate) fn splat(any: Vector, limbs: [u64; 5]) -> Limbs {
    let [a, b, c, d, e] = limbs;
    [
        any.splat(a),
        any.splat(b),
        any.splat(c),
        any.splat(d),
        any.splat(e),
    ]
}

/// The limbs of integers.
#[inline(always)]
pub(crate) fn split(integers: &[Vector; 4]) -> Limbs {
    let [a, b, c, d] = *integers;
    let mask = a.splat(LIMB);
    [
        a.and(mask),
        a.shr::<52>().or(b.shl::<12>()).and(mask),
        b.shr::<40>().or(c.shl::<24>()).and(mask),
        c.shr::<28>().or(d.shl::<36>()).and(mask),
        d.shr::<16>(),
    ]
}

/// Integers from limbs below 2^52.
#[inline(always)]
pub(crate) fn join(limbs: Limbs) -> [Vector; 4] {
    let [a, b, c, d, e] = limbs;
    [
        a.or(b.shl::<52>()),
        b.shr::<12>().or(c.shl::<40>()),
        c.shr::<24>().or(d.shl::<28>()),
        d.shr::<36>().or(e.shl::<16>()),
    ]
}

/// An operation on each limb of `a` and that of `b`: one that is always inlined.
#[inline(always)]
pub(crate) fn zip(a: Limbs, b: Limbs, operation: impl Fn(Vector, Vector) -> Vector) -> Limbs {
    let ([a, b, c, d, e], [f, g, h, i, j]) = (a, b);
    [
        operation(a, f),
        operation(b, g),
        operation(c, h),
        operation(d, i),
        operation(e, j),
    ]
}

/// `a` in the lanes of the mask, `b` in the others.
#[inline(always)]
pub(crate) fn select(mask: &Mask, a: Limbs, b: Limbs) -> Limbs {
    let ([a, b, c, d, e], [f, g, h, i, j]) = (a, b);
    [
        Vector::select(mask, a, f),
        Vector::select(mask, b, g),
        Vector::select(mask, c, h),
        Vector::select(mask, d, i),
        Vector::select(mask, e, j),
    ]
}

/// `-a` in the lanes of the mask, `a` in the others.
#[inline(always)]
pub(crate) fn negate_if(mask: &Mask, a: Limbs) -> Limbs {
    let [a, b, c, d, e] = a;
    let zero = a.splat(0);
    [
        zero.sub_if(mask, a, a),
        zero.sub_if(mask, b, b),
        zero.sub_if(mask, c, c),
        zero.sub_if(mask, d, d),
        zero.sub_if(mask, e, e),
    ]
}

/// The lanes whose limbs are all zero.
#[inline(always)]
pub(crate) fn are_zero(limbs: Limbs) -> Mask {
    let [a, b, c, d, e] = limbs;
    let bits = a.or(b).or(c).or(d).or(e);
    bits.test_not(bits)
}

/// Carries limbs of either sign from one to the next; what was carried on stays above
/// the low 52 bits.
#[inline(always)]
pub(crate) fn carry(limbs: Limbs) -> Limbs {
    let [a, mut b, mut c, mut d, mut e] = limbs;
    b = b.add(a.shr_signed::<52>());
    c = c.add(b.shr_signed::<52>());
    d = d.add(c.shr_signed::<52>());
    e = e.add(d.shr_signed::<52>());
    [a, b, c, d, e]
}

/// The low 52 bits of each limb.
#[inline(always)]
pub(crate) fn clear_carried(limbs: Limbs) -> Limbs {
    let [a, b, c, d, e] = limbs;
    let mask = a.splat(LIMB);
    [
        a.and(mask),
        b.and(mask),
        c.and(mask),
        d.and(mask),
        e.and(mask),
    ]
}

/// The double-length product, of the low 52 bits of each limb, added to sums.
#[inline(always)]
pub(crate) fn multiply(mut sums: [Vector; 10], a: &Limbs, b: &Limbs) -> [Vector; 10] {
    for i in 0..5 {
        for j in 0..5 {
            sums[i + j] = sums[i + j].add_low(a[i], b[j]);
            sums[i + j + 1] = sums[i + j + 1].add_high(a[i], b[j]);
        }
    }
    sums
}

/// The double-length square of the low 52 bits of each limb.
#[inline(always)]
pub(crate) fn square(a: &Limbs) -> [Vector; 10] {
    let mut sums = [a[0].splat(0); 10];
    for i in 0..5 {
        for j in i + 1..5 {
            sums[i + j] = sums[i + j].add_low(a[i], a[j]);
            sums[i + j + 1] = sums[i + j + 1].add_high(a[i], a[j]);
        }
    }
    for sum in &mut sums[1..9] {
        *sum = sum.add(*sum);
    }
    for i in 0..5 {
        sums[2 * i] = sums[2 * i].add_low(a[i], a[i]);
        sums[2 * i + 1] = sums[2 * i + 1].add_high(a[i], a[i]);
    }
    sums
}
