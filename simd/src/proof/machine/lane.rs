//! What the machine's registers hold: the words of the models, and what they lack.

use crate::proof::words::{Integer as _, Word};

/// One 64-bit lane of a register, a general register, or the truth value of a mask's lane,
/// which is the word 0 or 1.
pub(crate) trait Lane: Word + core::fmt::Debug + PartialEq {
    /// What nothing is known of, and what is not followed.
    fn unknown() -> Self;
    /// Any word: another each time.
    fn arbitrary() -> Self;
    /// The number, where the word is known.
    fn value(self) -> Option<u64>;
    /// 1 if the word is zero, else 0.
    fn zero(self) -> Self;
    /// The entry of a table that the word's low bits name: as many as number the entries,
    /// of which there is a power of two.
    fn pick(self, table: &[u64]) -> Self;
    /// The word of sixteen truth values, one in each bit.
    fn packed(truths: [Self; 16]) -> Self;

    /// The low bits.
    fn low_bits(self, bits: u32) -> Self {
        if bits >= 64 {
            self
        } else {
            self.low(bits).word()
        }
    }

    /// Shifted to the right, filled with zeros.
    fn shifted_right(self, bits: u32) -> Self {
        match bits {
            0 => self,
            1..64 => self.unsigned().floor(bits).word(),
            _ => Self::constant(0),
        }
    }

    /// Shifted to the left.
    fn shifted_left(self, bits: u32) -> Self {
        if bits < 64 {
            self.times(Self::constant(1 << bits))
        } else {
            Self::constant(0)
        }
    }

    /// The bit at a position: 0 or 1.
    fn bit(self, position: u32) -> Self {
        self.shifted_right(position).low_bits(1)
    }

    /// `a` if this is 1, `b` if it is 0.
    fn choose(self, a: Self, b: Self) -> Self {
        match self.value() {
            Some(1) => a,
            Some(0) => b,
            _ if a == b => a,
            _ => b.plus(self.times(a.minus(b))),
        }
    }

    /// 1 for 0 and 0 for 1.
    fn negated(self) -> Self {
        Self::constant(1).minus(self)
    }

    /// All ones for 1, zero for 0.
    fn all_ones(self) -> Self {
        Self::constant(0).minus(self)
    }
}

impl Lane for u64 {
    fn unknown() -> Self {
        0xdead_beef_dead_beef
    }

    fn arbitrary() -> Self {
        Self::unknown()
    }

    fn value(self) -> Option<u64> {
        Some(self)
    }

    fn zero(self) -> Self {
        u64::from(self == 0)
    }

    fn pick(self, table: &[u64]) -> Self {
        table[self as usize & (table.len() - 1)]
    }

    fn packed(truths: [Self; 16]) -> Self {
        (0..).zip(truths).map(|(lane, truth)| truth << lane).sum()
    }
}
