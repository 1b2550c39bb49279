//! The flags, kept as what set them until something asks.

use iced_x86::ConditionCode;

use super::lane::Lane;
use crate::proof::words::Integer as _;

/// What set the flags.
#[derive(Clone, Copy)]
pub(crate) enum Flags<W> {
    /// Nothing is known.
    Unknown,
    /// A result, by logic: no carry, no overflow.
    Logic { result: W, bits: u32 },
    /// `a + b` with the carry into it.
    Sum { a: W, b: W, carry: W, bits: u32 },
    /// `a - b` with the borrow into it.
    Difference { a: W, b: W, borrow: W, bits: u32 },
    /// A result, and a carry that stayed as it was.
    Counted { result: W, carry: W, bits: u32 },
    /// A carry alone.
    Carry { carry: W },
}

impl<W: Lane> Flags<W> {
    /// The carry or the borrow: 0 or 1.
    pub(crate) fn carry(self) -> Option<W> {
        match self {
            Self::Unknown => None,
            Self::Logic { .. } => Some(W::constant(0)),
            Self::Sum { a, b, carry, bits } => {
                let sum = a.unsigned().plus(b.unsigned()).plus(carry.unsigned());
                Some(sum.floor(bits).word())
            }
            Self::Difference { a, b, borrow, bits } => {
                let difference = a.unsigned().minus(b.unsigned()).minus(borrow.unsigned());
                let high = difference.floor(bits).word();
                Some(W::constant(0).minus(high))
            }
            Self::Counted { carry, .. } | Self::Carry { carry } => Some(carry),
        }
    }

    /// The result and its number of bits.
    pub(super) fn result(self) -> Option<(W, u32)> {
        match self {
            Self::Unknown | Self::Carry { .. } => None,
            Self::Logic { result, bits } | Self::Counted { result, bits, .. } => {
                Some((result, bits))
            }
            Self::Sum { a, b, carry, bits } => Some((a.plus(b).plus(carry).low_bits(bits), bits)),
            Self::Difference { a, b, borrow, bits } => {
                Some((a.minus(b).minus(borrow).low_bits(bits), bits))
            }
        }
    }

    /// Whether a signed result is another than the number itself, where that is known.
    fn overflow(self) -> Option<bool> {
        let signed = |word: W, bits: u32| -> Option<i128> {
            let value = i128::from(word.value()?);
            Some(if value >> (bits - 1) & 1 == 1 {
                value - (1 << bits)
            } else {
                value
            })
        };
        let (number, bits) = match self {
            Self::Logic { .. } => return Some(false),
            Self::Difference { a, b, borrow, bits } => {
                let borrow = i128::from(borrow.value()?);
                (signed(a, bits)? - signed(b, bits)? - borrow, bits)
            }
            Self::Sum { a, b, carry, bits } => {
                let carry = i128::from(carry.value()?);
                (signed(a, bits)? + signed(b, bits)? + carry, bits)
            }
            _ => return None,
        };
        Some(number < -(1 << (bits - 1)) || number >= 1 << (bits - 1))
    }

    fn zero(self) -> Option<W> {
        self.result().map(|(result, _)| result.zero())
    }

    fn sign(self) -> Option<W> {
        self.result().map(|(result, bits)| result.bit(bits - 1))
    }

    /// Whether a condition holds: 0 or 1.
    pub(crate) fn holds(self, condition: ConditionCode) -> Option<W> {
        use ConditionCode as C;
        let or = |a: W, b: W| a.plus(b).minus(a.times(b));
        let less = || -> Option<W> {
            let sign = self.sign()?.value()? == 1;
            Some(W::constant(u64::from(sign != self.overflow()?)))
        };
        Some(match condition {
            C::e => self.zero()?,
            C::ne => self.zero()?.negated(),
            C::b => self.carry()?,
            C::ae => self.carry()?.negated(),
            C::be => or(self.carry()?, self.zero()?),
            C::a => or(self.carry()?, self.zero()?).negated(),
            C::s => self.sign()?,
            C::ns => self.sign()?.negated(),
            C::l => less()?,
            C::ge => less()?.negated(),
            C::le => or(less()?, self.zero()?),
            C::g => or(less()?, self.zero()?).negated(),
            _ => return None,
        })
    }
}
