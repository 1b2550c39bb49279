//! Words and integers: what the models of instructions are written over.

use ethnum::I256;

/// A word of 64 bits: an integer modulo 2^64.
pub(crate) trait Word: Copy {
    /// The integers that a word is read as.
    type Integer: Integer<Word = Self>;

    fn constant(value: u64) -> Self;

    /// The sum modulo 2^64.
    fn plus(self, other: Self) -> Self;
    /// The difference modulo 2^64.
    fn minus(self, other: Self) -> Self;
    /// The product modulo 2^64.
    fn times(self, other: Self) -> Self;

    /// The integer from 0 to 2^64 - 1.
    fn unsigned(self) -> Self::Integer;
    /// The integer from -2^63 to 2^63 - 1.
    fn signed(self) -> Self::Integer;
    /// The integer from 0 to 2^`bits` - 1 that the low bits are; `bits` is at most 64.
    fn low(self, bits: u32) -> Self::Integer;

    /// The bits in both.
    fn and(self, other: Self) -> Self;
    /// The bits in either.
    fn or(self, other: Self) -> Self;
    /// The bits in one but not the other.
    fn xor(self, other: Self) -> Self;

    /// The word, where it may be only one: a count of bits, or an index of a table. A symbolic
    /// word must be a constant.
    fn known(self) -> u64;

    /// Whether the word is zero. A symbolic word may be either: then the proof is run once
    /// for each answer.
    fn is_zero(self) -> bool;
}

/// An integer.
pub(crate) trait Integer: Copy {
    /// The words.
    type Word;

    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
    /// The quotient by 2^`bits`, rounded down.
    fn floor(self, bits: u32) -> Self;
    /// The remainder of that quotient: from 0 to 2^`bits` - 1.
    fn low(self, bits: u32) -> Self;
    /// The word congruent modulo 2^64.
    fn word(self) -> Self::Word;
}

impl Word for u64 {
    type Integer = I256;

    fn constant(value: u64) -> Self {
        value
    }

    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }

    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }

    fn times(self, other: Self) -> Self {
        self.wrapping_mul(other)
    }

    fn unsigned(self) -> I256 {
        I256::from(self)
    }

    fn signed(self) -> I256 {
        I256::from(self as i64)
    }

    fn low(self, bits: u32) -> I256 {
        Integer::low(self.unsigned(), bits)
    }

    fn and(self, other: Self) -> Self {
        self & other
    }

    fn or(self, other: Self) -> Self {
        self | other
    }

    fn xor(self, other: Self) -> Self {
        self ^ other
    }

    fn known(self) -> u64 {
        self
    }

    fn is_zero(self) -> bool {
        self == 0
    }
}

impl Integer for I256 {
    type Word = u64;

    fn plus(self, other: Self) -> Self {
        self + other
    }

    fn minus(self, other: Self) -> Self {
        self - other
    }

    fn times(self, other: Self) -> Self {
        self * other
    }

    fn floor(self, bits: u32) -> Self {
        self >> bits
    }

    fn low(self, bits: u32) -> Self {
        self & ((Self::ONE << bits) - 1)
    }

    fn word(self) -> u64 {
        self.as_u64()
    }
}
