//! Words in a normal form: two that are written alike are equal, whatever the inputs.
//!
//! A word is a sum of products of *atoms*, with coefficients modulo 2^64. An atom is an input,
//! or what an instruction makes of words that is no sum or product: a word shifted to the
//! right, its low bits, half of a product of 52-bit numbers, a bit, whether a word is zero, an
//! entry of a table. Every rule here is an equation that holds for all words; no range of an
//! input is assumed. Two ways to compute the same may be written differently: then nothing is
//! proved, but nothing wrong either.

mod arena;
mod cases;
mod evaluate;
mod forms;
mod logic;
mod parting;
mod rules;

use std::cell::RefCell;

use ethnum::I256;

use super::lane::Lane;
use crate::proof::words::{Integer, Word};
use arena::Arena;

/// A word, by its number among those that were ever written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Term(u32);

impl Term {
    /// What nothing is known of: equal to nothing, to itself neither.
    const UNKNOWN: Self = Self(0);

    /// An input, by its name.
    pub(crate) fn input(name: u64) -> Self {
        with(|arena| arena.input(name))
    }

    /// The number of the word, to be kept among integers.
    pub(crate) fn name(self) -> u64 {
        u64::from(self.0)
    }

    /// Whether it is known what the word is made of.
    pub(crate) fn is_known(self) -> bool {
        self != Self::UNKNOWN
    }

    /// What the word is made of that was not among the first `known` atoms.
    pub(crate) fn first_after(self, known: usize) -> Option<String> {
        with(|arena| {
            let atom = arena.first_after(self, known)?;
            let term = arena.alone_of(atom);
            Some(arena.written(term, 3))
        })
    }

    pub(crate) fn from_name(name: u64) -> Self {
        Self(name as u32)
    }
}

thread_local! {
    static ARENA: RefCell<Arena> = RefCell::new(Arena::new());
}

fn with<T>(body: impl FnOnce(&mut Arena) -> T) -> T {
    ARENA.with(|arena| body(&mut arena.borrow_mut()))
}

/// How many atoms were ever written.
pub(crate) fn known() -> usize {
    with(|arena| arena.known())
}

/// Forgets all words.
pub(crate) fn forget() {
    with(|arena| *arena = Arena::new());
}

impl core::fmt::Debug for Term {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(&with(|arena| arena.written(*self, 3)))
    }
}

impl Word for Term {
    type Integer = TermInteger;

    fn constant(value: u64) -> Self {
        with(|arena| arena.number(value))
    }

    fn plus(self, other: Self) -> Self {
        with(|arena| arena.sum(self, 1, other))
    }

    fn minus(self, other: Self) -> Self {
        with(|arena| arena.sum(self, u64::MAX, other))
    }

    fn times(self, other: Self) -> Self {
        with(|arena| arena.product(self, other))
    }

    fn unsigned(self) -> TermInteger {
        TermInteger::Unsigned(self)
    }

    fn signed(self) -> TermInteger {
        TermInteger::Signed(self)
    }

    fn low(self, bits: u32) -> TermInteger {
        TermInteger::Unsigned(with(|arena| arena.low(bits, self)))
    }

    fn and(self, other: Self) -> Self {
        with(|arena| arena.and(self, other))
    }

    fn or(self, other: Self) -> Self {
        with(|arena| arena.or(self, other))
    }

    fn xor(self, other: Self) -> Self {
        with(|arena| arena.xor(self, other))
    }

    fn known(self) -> u64 {
        self.value().expect("a word that is known")
    }

    fn is_zero(self) -> bool {
        self.value().expect("whether a word is zero is a word here") == 0
    }
}

impl Lane for Term {
    fn unknown() -> Self {
        Self::UNKNOWN
    }

    fn arbitrary() -> Self {
        with(Arena::arbitrary)
    }

    fn value(self) -> Option<u64> {
        with(|arena| arena.value(self))
    }

    fn zero(self) -> Self {
        with(|arena| arena.zero(self))
    }

    fn pick(self, table: &[u64]) -> Self {
        with(|arena| arena.pick(self, table))
    }

    fn packed(truths: [Self; 16]) -> Self {
        with(|arena| arena.packed(truths))
    }

    fn bit(self, position: u32) -> Self {
        with(|arena| arena.bit(position, self))
    }
}

/// The integers that words are read as.
#[derive(Clone, Copy)]
pub(crate) enum TermInteger {
    Unsigned(Term),
    Signed(Term),
    /// Of two words without signs.
    Product(Term, Term),
    Number(I256),
    Unknown,
}

impl TermInteger {
    fn number(self) -> Option<I256> {
        match self {
            Self::Unsigned(term) => term.value().map(I256::from),
            Self::Signed(term) => term.value().map(|value| I256::from(value as i64)),
            Self::Product(a, b) => Some(I256::from(a.value()?) * I256::from(b.value()?)),
            Self::Number(number) => Some(number),
            Self::Unknown => None,
        }
    }

    fn of_numbers(self, other: Self, operation: fn(I256, I256) -> I256) -> Self {
        match (self.number(), other.number()) {
            (Some(a), Some(b)) => Self::Number(operation(a, b)),
            _ => Self::Unknown,
        }
    }
}

impl Integer for TermInteger {
    type Word = Term;

    fn plus(self, other: Self) -> Self {
        self.of_numbers(other, |a, b| a + b)
    }

    fn minus(self, other: Self) -> Self {
        self.of_numbers(other, |a, b| a - b)
    }

    fn times(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unsigned(a), Self::Unsigned(b)) => Self::Product(a, b),
            _ => self.of_numbers(other, |a, b| a * b),
        }
    }

    fn floor(self, bits: u32) -> Self {
        match self {
            Self::Unsigned(term) => Self::Unsigned(with(|arena| arena.shr(bits, term))),
            Self::Signed(term) => Self::Signed(with(|arena| arena.sar(bits, term))),
            Self::Product(a, b) => Self::Unsigned(with(|arena| arena.high_product(bits, a, b))),
            Self::Number(number) => Self::Number(number >> bits),
            Self::Unknown => Self::Unknown,
        }
    }

    fn low(self, bits: u32) -> Self {
        match self {
            Self::Unsigned(term) | Self::Signed(term) => term.low(bits),
            Self::Product(a, b) => Self::Unsigned(with(|arena| arena.low_product(bits, a, b))),
            Self::Number(number) => Self::Number(number & ((I256::ONE << bits) - 1)),
            Self::Unknown => Self::Unknown,
        }
    }

    fn word(self) -> Term {
        match self {
            Self::Unsigned(term) | Self::Signed(term) => term,
            Self::Product(a, b) => a.times(b),
            Self::Number(number) => Term::constant(number.as_u64()),
            Self::Unknown => Term::UNKNOWN,
        }
    }
}
