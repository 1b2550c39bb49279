//! What each instruction does to one 64-bit lane: one function each, for the words of the
//! processor and for symbolic ones alike.
//!
//! Names are those of Intel's manual. Masks are truth values of one lane.

use super::words::{Integer, Word};

#[cfg(target_arch = "x86_64")]
mod processor;
mod table;

pub(crate) use table::Model;

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
    if bits < u64::BITS {
        a.unsigned().floor(bits).word()
    } else {
        W::constant(0)
    }
}

/// Shifted to the right, filled with the sign; by 64 or more, only that is left.
pub(crate) fn vpsraq<W: Word>(a: W, bits: u32) -> W {
    a.signed().floor(bits.min(u64::BITS - 1)).word()
}

/// Shifted to the left by what another lane says.
pub(crate) fn vpsllvq<W: Word>(a: W, count: W) -> W {
    vpsllq(a, count.known().try_into().unwrap_or(u32::MAX))
}

/// Shifted to the right by what another lane says, filled with zeros.
pub(crate) fn vpsrlvq<W: Word>(a: W, count: W) -> W {
    vpsrlq(a, count.known().try_into().unwrap_or(u32::MAX))
}

/// Whether the words are equal: all ones, or all zeros.
pub(crate) fn vpcmpeqq<W: Word>(a: W, b: W) -> bool {
    a.xor(b).is_zero()
}

/// Whether the words have a bit in common.
pub(crate) fn vptestmq<W: Word>(a: W, b: W) -> bool {
    !a.and(b).is_zero()
}

/// Whether the words have no bit in common.
pub(crate) fn vptestnmq<W: Word>(a: W, b: W) -> bool {
    a.and(b).is_zero()
}

/// `b` if the mask is set, else `a`.
pub(crate) fn vpblendmq<W: Word>(mask: bool, a: W, b: W) -> W {
    if mask { b } else { a }
}

/// `b` if the mask is all ones, `a` if it is all zeros.
pub(crate) fn vpblendvb<W: Word>(a: W, b: W, mask: bool) -> W {
    if mask { b } else { a }
}

/// The difference if the mask is set, else `otherwise`.
pub(crate) fn vpsubq_mask<W: Word>(otherwise: W, mask: bool, a: W, b: W) -> W {
    if mask { a.minus(b) } else { otherwise }
}

/// The complement if the mask is set: vpternlogq by table 0x0f, of the word three times.
pub(crate) fn vpternlogq_not_mask<W: Word>(a: W, mask: bool) -> W {
    if mask {
        a.xor(W::constant(u64::MAX))
    } else {
        a
    }
}

/// The one of sixteen words, of two vectors, that the low four bits of an index name.
pub(crate) fn vpermt2q<W: Word>(index: W, entries: &[W; 16]) -> W {
    entries[index.known() as usize % 16]
}

/// For each half of a lane, the one of eight words of 32 bits that the low three bits of an
/// index name.
pub(crate) fn vpermd<W: Word>(index: W, entries: &[W; 8]) -> W {
    let index = index.known();
    let (low, high) = (
        entries[index as usize % 8],
        entries[(index >> 32) as usize % 8],
    );
    low.plus(high.times(W::constant(1 << 32)))
}
