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
    /// `a - b`.
    Difference { a: W, b: W, bits: u32 },
    /// A result, and a carry that stayed as it was.
    Counted { result: W, carry: W, bits: u32 },
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
            Self::Difference { a, b, bits } => {
                let difference = a.unsigned().minus(b.unsigned());
                let high = difference.floor(bits).word();
                Some(W::constant(0).minus(high))
            }
            Self::Counted { carry, .. } => Some(carry),
        }
    }

    /// The result and its number of bits.
    pub(super) fn result(self) -> Option<(W, u32)> {
        match self {
            Self::Unknown => None,
            Self::Logic { result, bits } | Self::Counted { result, bits, .. } => {
                Some((result, bits))
            }
            Self::Sum { a, b, carry, bits } => Some((a.plus(b).plus(carry).low_bits(bits), bits)),
            Self::Difference { a, b, bits } => Some((a.minus(b).low_bits(bits), bits)),
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
            Self::Difference { a, b, bits } => (signed(a, bits)? - signed(b, bits)?, bits),
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

#[test]
fn conditions_on_a_difference_are_comparisons() {
    use ConditionCode as C;
    let ends = [0, 1, 2, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, u64::MAX];
    for (a, b) in ends.iter().flat_map(|a| ends.map(|b| (*a, b))) {
        let flags = Flags::Difference { a, b, bits: 64 };
        let (signed, other) = (a as i64, b as i64);
        let expected = [
            (C::e, a == b),
            (C::ne, a != b),
            (C::b, a < b),
            (C::ae, a >= b),
            (C::be, a <= b),
            (C::a, a > b),
            (C::s, (a.wrapping_sub(b) as i64) < 0),
            (C::ns, (a.wrapping_sub(b) as i64) >= 0),
            (C::l, signed < other),
            (C::ge, signed >= other),
            (C::le, signed <= other),
            (C::g, signed > other),
        ];
        for (condition, holds) in expected {
            let found = flags.holds(condition);
            assert_eq!(found, Some(u64::from(holds)), "{a:#x} {condition:?} {b:#x}");
        }
    }
}

#[test]
fn a_carry_goes_on() {
    let ends = [0, 1, (1 << 63) - 1, 1 << 63, u64::MAX - 1, u64::MAX];
    for (a, b) in ends.iter().flat_map(|a| ends.map(|b| (*a, b))) {
        for into in [0, 1] {
            let (carry, bits) = (into, 64);
            let sum = Flags::Sum { a, b, carry, bits };
            let (word, out) = a.carrying_add(b, into == 1);
            assert_eq!(sum.result(), Some((word, bits)), "{a:#x} + {b:#x} + {into}");
            assert_eq!(
                sum.carry(),
                Some(u64::from(out)),
                "{a:#x} + {b:#x} + {into}"
            );
        }
    }
}
