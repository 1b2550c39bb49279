//! Symbolic words, and proofs about them.
//!
//! [`prove`] runs a body once for each case that its branches may take. The body makes inputs
//! ([`input`], [`given`]), computes with [`Symbol`]s by the models of the instructions, and
//! says what must hold ([`oblige_in`], [`oblige_congruent`]); a panic says what could not be
//! proved.

mod polynomial;

use num_bigint::BigInt;

use crate::proof::words::{Integer, Word};
pub(crate) use polynomial::{Interval, Polynomial, power};

/// A symbolic word: a polynomial over the inputs, of which it is the residue modulo 2^64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol(u32);

/// A symbolic integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SymbolicInteger(u32);

/// What a proof took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Proved {
    pub(crate) cases: usize,
    /// What was to be shown, over all cases: assertions of range, congruences, and what
    /// reads a word as an integer.
    pub(crate) obligations: usize,
    /// The steps that the checker replayed.
    pub(crate) steps: usize,
}

/// Proves what a body obliges, in every case.
pub(crate) fn prove(_name: &str, _body: impl Fn()) -> Proved {
    todo!()
}

/// Any word that is an integer in a range.
pub(crate) fn input(_range: Interval) -> Symbol {
    todo!()
}

/// The word of a polynomial that is assumed to lie in a range.
pub(crate) fn given(_polynomial: &Polynomial, _range: Interval) -> Symbol {
    todo!()
}

/// Either truth value: a case each.
pub(crate) fn any_truth() -> bool {
    todo!()
}

/// The polynomial that a word is the residue of.
pub(crate) fn value(_word: Symbol) -> Polynomial {
    todo!()
}

/// The polynomial that the low bits of a word are.
pub(crate) fn low_value(_word: Symbol, _bits: u32) -> Polynomial {
    todo!()
}

/// The word, if it is the same whatever the inputs.
pub(crate) fn as_constant(_word: Symbol) -> Option<u64> {
    todo!()
}

/// Assumes, as a theorem's precondition, that a polynomial over the inputs lies in a range.
pub(crate) fn assume_in(_polynomial: &Polynomial, _range: Interval) {
    todo!()
}

/// Obliges that a word's polynomial lies in a range.
pub(crate) fn oblige_in(_word: Symbol, _range: Interval, _what: &str) {
    todo!()
}

/// Obliges that a polynomial lies in a range.
pub(crate) fn oblige_bound(_polynomial: &Polynomial, _range: Interval, _what: &str) {
    todo!()
}

/// Obliges that two polynomials are congruent.
pub(crate) fn oblige_congruent(_a: &Polynomial, _b: &Polynomial, _modulus: &BigInt, _what: &str) {
    todo!()
}

impl Word for Symbol {
    type Integer = SymbolicInteger;

    fn constant(_value: u64) -> Self {
        todo!()
    }

    fn plus(self, _other: Self) -> Self {
        todo!()
    }

    fn minus(self, _other: Self) -> Self {
        todo!()
    }

    fn times(self, _other: Self) -> Self {
        todo!()
    }

    fn unsigned(self) -> SymbolicInteger {
        todo!()
    }

    fn signed(self) -> SymbolicInteger {
        todo!()
    }

    fn low(self, _bits: u32) -> SymbolicInteger {
        todo!()
    }

    fn and(self, _other: Self) -> Self {
        todo!()
    }

    fn or(self, _other: Self) -> Self {
        todo!()
    }

    fn xor(self, _other: Self) -> Self {
        todo!()
    }

    fn is_zero(self) -> bool {
        todo!()
    }
}

impl Integer for SymbolicInteger {
    type Word = Symbol;

    fn plus(self, _other: Self) -> Self {
        todo!()
    }

    fn minus(self, _other: Self) -> Self {
        todo!()
    }

    fn times(self, _other: Self) -> Self {
        todo!()
    }

    fn floor(self, _bits: u32) -> Self {
        todo!()
    }

    fn low(self, _bits: u32) -> Self {
        todo!()
    }

    fn word(self) -> Symbol {
        todo!()
    }
}
