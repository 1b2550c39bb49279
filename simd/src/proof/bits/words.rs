//! Words of which each bit is known by name.

use crate::proof::{
    engine::{Interval, Proved},
    portable::values::Domain,
    words::{Integer, Word},
};

/// A constant, or the exclusive or of a constant and one or two variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bit {
    constant: bool,
    /// In their order, those that there are first.
    variables: [Option<u16>; 2],
}

impl Bit {
    pub(super) const ZERO: Self = Self::constant(false);

    const fn constant(constant: bool) -> Self {
        Self {
            constant,
            variables: [None; 2],
        }
    }

    fn variable(variable: u16) -> Self {
        Self {
            constant: false,
            variables: [Some(variable), None],
        }
    }

    fn as_constant(self) -> Option<bool> {
        (self.variables == [None; 2]).then_some(self.constant)
    }

    pub(super) fn xor(self, other: Self) -> Self {
        let mut left: Vec<u16> = Vec::new();
        for variable in self.variables.into_iter().chain(other.variables).flatten() {
            match left.iter().position(|known| *known == variable) {
                Some(position) => drop(left.remove(position)),
                None => left.push(variable),
            }
        }
        left.sort_unstable();
        assert!(left.len() <= 2, "an exclusive or of more than two bits");
        Self {
            constant: self.constant ^ other.constant,
            variables: [left.first().copied(), left.get(1).copied()],
        }
    }

    fn and(self, other: Self) -> Self {
        match (self.as_constant(), other.as_constant()) {
            (Some(false), _) | (_, Some(false)) => Self::ZERO,
            (Some(true), _) => other,
            (_, Some(true)) => self,
            _ if self == other => self,
            _ => panic!("a conjunction of unknown bits"),
        }
    }

    fn or(self, other: Self) -> Self {
        let not = |bit: Self| bit.xor(Self::constant(true));
        not(not(self).and(not(other)))
    }
}

/// A word, or an integer that is not negative and below 2^64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bits([Bit; 64]);

impl Bits {
    /// A word of variables: the one of this number.
    pub(super) fn input(number: usize) -> Self {
        Self(core::array::from_fn(|i| {
            Bit::variable((64 * number + i) as u16)
        }))
    }

    pub(super) fn bit(&self, i: usize) -> Bit {
        self.0[i]
    }

    pub(super) fn with_bit(mut self, i: usize, value: bool) -> Self {
        self.0[i] = Bit::constant(value);
        self
    }

    fn each(self, other: Self, combine: fn(Bit, Bit) -> Bit) -> Self {
        Self(core::array::from_fn(|i| combine(self.0[i], other.0[i])))
    }

    fn as_constant(self) -> Option<u64> {
        let bits = self.0.into_iter().enumerate();
        let bits = bits.map(|(i, bit)| bit.as_constant().map(|bit| u64::from(bit) << i));
        bits.sum()
    }

    /// The bit `i` is the bit `from(i)` of this.
    fn moved(self, from: impl Fn(usize) -> Option<usize>) -> Self {
        let bit = |i| from(i).and_then(|from| self.0.get(from).copied());
        Self(core::array::from_fn(|i| bit(i).unwrap_or(Bit::ZERO)))
    }
}

impl Word for Bits {
    type Integer = Self;

    fn constant(value: u64) -> Self {
        Self(core::array::from_fn(|i| Bit::constant(value >> i & 1 == 1)))
    }

    /// Of words with no bit in both.
    fn plus(self, other: Self) -> Self {
        let apart = |(a, b): (&Bit, &Bit)| *a == Bit::ZERO || *b == Bit::ZERO;
        assert!(self.0.iter().zip(&other.0).all(apart), "a sum with carries");
        self.or(other)
    }

    /// Of constants.
    fn minus(self, other: Self) -> Self {
        let known = |word: Self| word.as_constant().expect("a difference of bits");
        Self::constant(known(self).wrapping_sub(known(other)))
    }

    /// By a power of two.
    fn times(self, other: Self) -> Self {
        let factor = other
            .as_constant()
            .filter(|factor| factor.is_power_of_two());
        let bits = factor
            .expect("a product with a power of two")
            .trailing_zeros() as usize;
        self.moved(|i| i.checked_sub(bits))
    }

    fn unsigned(self) -> Self {
        self
    }

    fn signed(self) -> Self {
        panic!("bits with a sign")
    }

    fn low(self, bits: u32) -> Self {
        self.moved(|i| (i < bits as usize).then_some(i))
    }

    fn and(self, other: Self) -> Self {
        self.each(other, Bit::and)
    }

    fn or(self, other: Self) -> Self {
        self.each(other, Bit::or)
    }

    fn xor(self, other: Self) -> Self {
        self.each(other, Bit::xor)
    }

    fn known(self) -> u64 {
        self.as_constant()
            .expect("a count or an index is a constant")
    }

    fn is_zero(self) -> bool {
        let is_one = |bit: &Bit| bit.as_constant() == Some(true);
        !self.0.iter().any(is_one) && self.as_constant().expect("a word is compared") == 0
    }
}

impl Domain for Bits {
    fn oblige_in(integer: Self, range: Interval, what: &str) {
        let any = Interval::bits(u64::BITS);
        let known = integer.as_constant().map_or(any, Interval::point);
        assert!(known.within(&range), "{what}");
    }

    fn as_constant(self) -> Option<u64> {
        self.as_constant()
    }
}

impl Integer for Bits {
    type Word = Self;

    fn plus(self, other: Self) -> Self {
        Word::plus(self, other)
    }

    fn minus(self, _: Self) -> Self {
        panic!("a difference of integers of bits")
    }

    fn times(self, other: Self) -> Self {
        Word::times(self, other)
    }

    fn floor(self, bits: u32) -> Self {
        self.moved(|i| Some(i + bits as usize))
    }

    fn low(self, bits: u32) -> Self {
        Word::low(self, bits)
    }

    fn word(self) -> Self {
        self
    }
}

/// What a proof by looking at every case took.
pub(super) fn proved(cases: usize) -> Proved {
    Proved {
        cases,
        obligations: cases,
        steps: 0,
    }
}
