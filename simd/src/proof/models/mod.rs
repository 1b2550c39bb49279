//! What each instruction does to one 64-bit lane: one function each, for the words of the
//! processor and for symbolic ones alike.
//!
//! Names are those of Intel's manual. Masks are truth values of one lane.

use super::words::{Integer, Word};

pub(crate) fn vpaddq<W: Word>(a: W, b: W) -> W {
    a.plus(b)
}

pub(crate) fn vpsubq<W: Word>(a: W, b: W) -> W {
    a.minus(b)
}

/// The product of the low 32 bits.
pub(crate) fn vpmuludq<W: Word>(a: W, b: W) -> W {
    a.low(32).times(b.low(32)).word()
}

/// The product of the low 52 bits, and of that the low 52 bits, added to `sum`.
pub(crate) fn vpmadd52luq<W: Word>(sum: W, a: W, b: W) -> W {
    sum.plus(a.low(52).times(b.low(52)).low(52).word())
}

/// The product of the low 52 bits, and of that the bits from 52 on, added to `sum`.
pub(crate) fn vpmadd52huq<W: Word>(sum: W, a: W, b: W) -> W {
    sum.plus(a.low(52).times(b.low(52)).floor(52).word())
}

pub(crate) fn vpand<W: Word>(a: W, b: W) -> W {
    a.and(b)
}

pub(crate) fn vpor<W: Word>(a: W, b: W) -> W {
    a.or(b)
}

pub(crate) fn vpxor<W: Word>(a: W, b: W) -> W {
    a.xor(b)
}

/// Shifted to the left; by 64 or more, nothing is left.
pub(crate) fn vpsllq<W: Word>(a: W, bits: u32) -> W {
    match 1_u64.checked_shl(bits) {
        Some(power) => a.times(W::constant(power)),
        None => W::constant(0),
    }
}

/// Shifted to the right, filled with zeros; by 64 or more, nothing is left.
pub(crate) fn vpsrlq<W: Word>(a: W, bits: u32) -> W {
    if bits < 64 {
        a.unsigned().floor(bits).word()
    } else {
        W::constant(0)
    }
}

/// Shifted to the right, filled with the sign; by 64 or more, only that is left.
pub(crate) fn vpsraq<W: Word>(a: W, bits: u32) -> W {
    a.signed().floor(bits.min(63)).word()
}

/// All ones where the words are equal, else zero.
pub(crate) fn vpcmpeqq<W: Word>(a: W, b: W) -> W {
    all_ones_if(a.xor(b).is_zero())
}

/// Whether the words have a bit in common.
pub(crate) fn vptestmq<W: Word>(a: W, b: W) -> bool {
    !a.and(b).is_zero()
}

/// Whether the words have no bit in common.
pub(crate) fn vptestnmq<W: Word>(a: W, b: W) -> bool {
    a.and(b).is_zero()
}

/// `a` if the mask is set, else `b`.
pub(crate) fn vpblendmq<W: Word>(mask: bool, a: W, b: W) -> W {
    if mask { a } else { b }
}

fn all_ones_if<W: Word>(truth: bool) -> W {
    W::constant(if truth { u64::MAX } else { 0 })
}
