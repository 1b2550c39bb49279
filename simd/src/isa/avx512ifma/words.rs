//! Bits of integers, one integer in each lane.

use super::{Mask, Vector};

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
    word.test(word.splat(1 << (position % 64)))
}

/// The bits from `position` on; bits from 256 on read as zero.
#[inline(always)]
pub(crate) fn window(integers: &[Vector; 4], position: usize, width: usize) -> Vector {
    let (word, shift) = (position / 64, (position % 64) as u64);
    let low = integers[word].shr_by(integers[word].splat(shift));
    let next = integers[(word + 1).min(3)];
    // Nothing follows the last word: a shift by 64 leaves nothing.
    let high = next.shl_by(next.splat(if word < 3 { 64 - shift } else { 64 }));
    low.or(high).and(low.splat((1 << width) - 1))
}

/// The sign and the index of an odd digit.
#[inline(always)]
pub(crate) fn signed(window: &Vector, width: usize) -> (Mask, Vector) {
    let half = 1 << (width - 1);
    let negative = window.test_not(window.splat(half));
    (
        negative,
        window.not_if(&negative).and(window.splat(half - 1)),
    )
}

/// The lanes in which an index is `value`.
#[inline(always)]
pub(crate) fn is(index: &Vector, value: u64) -> Mask {
    let difference = index.xor(index.splat(value));
    difference.test_not(difference)
}
