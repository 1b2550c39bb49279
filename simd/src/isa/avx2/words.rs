//! Bits of integers, one integer in each lane.

use super::{Mask, Vector, for_limbs};

/// The bits of integers from `position` on; bits from 256 on read as zero.
#[inline(always)]
pub(crate) fn bits(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
    let (word, shift) = (position / 64, (position % 64) as u64);
    let low = integers[word].shr_by(integers[word].splat(shift));
    let next = integers[(word + 1).min(3)];
    // Nothing follows the last word: a shift by 64 leaves nothing.
    let high = next.shl_by(next.splat(if word < 3 { 64 - shift } else { 64 }));
    low.or(high).and(low.splat((1 << width) - 1))
}

/// Integers from limbs that neither overlap nor exceed 26 bits, each with the
/// position of its lowest bit.
#[inline(always)]
pub(crate) fn pack(limbs: &[Vector; 10], position: fn(usize) -> usize) -> [Vector; 4] {
    let zero = limbs[0].splat(0);
    let mut words = [zero; 4];
    for_limbs!(i => {
        let (word, shift) = (position(i) / 64, (position(i) % 64) as u64);
        words[word] = words[word].or(limbs[i].shl_by(zero.splat(shift)));
        if word < 3 {
            words[word + 1] = words[word + 1].or(limbs[i].shr_by(zero.splat(64 - shift)));
        }
    });
    words
}

/// The exclusive or of each integer with its half.
#[inline(always)]
pub(crate) fn gray(integers: &[Vector; 4]) -> [Vector; 4] {
    let [a, b, c, d] = *integers;
    [
        a.xor(a.shr::<1>().or(b.shl::<63>())),
        b.xor(b.shr::<1>().or(c.shl::<63>())),
        c.xor(c.shr::<1>().or(d.shl::<63>())),
        d.xor(d.shr::<1>()),
    ]
}

/// The lanes in which bit `position` is set.
#[inline(always)]
pub(crate) fn bit(integers: &[Vector; 4], position: usize) -> Mask {
    let word = integers[position / 64];
    let bit = word.splat(1 << (position % 64));
    word.and(bit).equals(bit)
}

/// The sign and the index of an odd digit.
#[inline(always)]
pub(crate) fn signed(window: &Vector, width: usize) -> (Mask, Vector) {
    let half = window.splat(1 << (width - 1));
    let low = window.splat((1 << (width - 1)) - 1);
    let negative = window.and(half).is_zero();
    (negative, window.not_if(&negative).and(low))
}

/// The lanes in which an index is `value`.
#[inline(always)]
pub(crate) fn is(index: &Vector, value: u64) -> Mask {
    index.equals(index.splat(value))
}
