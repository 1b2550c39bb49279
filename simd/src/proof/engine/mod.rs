//! Symbolic words, and proofs about them.
//!
//! [`prove`] runs a body once for each case that its branches may take. The body makes inputs
//! ([`input`], [`given`]), computes with [`Symbol`]s by the models of the instructions, and
//! says what must hold ([`oblige_in`], [`oblige_congruent`]); a panic says what could not be
//! proved.

pub(crate) mod certificate;
pub(crate) mod checker;
pub(crate) mod polynomial;
mod search;
mod trace;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use num_bigint::BigInt;

use certificate::{Operation, Term};
pub(crate) use polynomial::{Interval, Polynomial, power};
pub(crate) use search::Hints;
use search::{Absurd, Search};
pub(crate) use trace::{Symbol, SymbolicInteger};
use trace::{Trace, record};

use super::words::Word;

/// What a proof took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Proved {
    pub(crate) cases: usize,
    /// What was to be shown, over all cases: assertions of range and congruences.
    pub(crate) obligations: usize,
    /// The steps that the checker replayed.
    pub(crate) steps: usize,
}

/// Proves what a body obliges, in every case: the search says why, and the checker agrees.
///
/// # Panics
///
/// If it is not proved.
pub(crate) fn prove(hints: Hints, body: impl Fn()) -> Proved {
    let mut runs = Vec::new();
    let mut script = Some(Vec::new());
    while let Some(first) = script {
        Trace::begin(Search::new(hints, first));
        let ran = catch_unwind(AssertUnwindSafe(&body));
        let (steps, search) = Trace::end();
        match ran {
            Err(panic) if !panic.is::<Absurd>() => resume_unwind(panic),
            _ => runs.push(steps),
        }
        script = search.next_script();
    }
    let checked =
        checker::check(&runs).unwrap_or_else(|wrong| panic!("a wrong certificate: {wrong}"));
    Proved {
        cases: runs.len(),
        obligations: checked.obligations,
        steps: checked.steps,
    }
}

/// Any word that is an integer in a range.
pub(crate) fn input(range: Interval) -> Symbol {
    Symbol(record(Operation::Input(range), "an input").0)
}

/// The word of a polynomial that is assumed to lie in a range.
pub(crate) fn given(polynomial: &Polynomial, range: Interval) -> Symbol {
    Symbol(record(Operation::Given(polynomial.clone(), range), "an input").0)
}

/// Assumes, as a theorem's precondition, that a polynomial over the inputs lies in a range.
pub(crate) fn assume_in(polynomial: &Polynomial, range: Interval) {
    record(
        Operation::Assume(polynomial.clone(), range),
        "an assumption",
    );
}

/// Either truth value: a case each.
pub(crate) fn any_truth() -> bool {
    record(Operation::Branch, "a branch").1.outcome
}

/// The polynomial that a word is the residue of.
pub(crate) fn value(word: Symbol) -> Polynomial {
    term_value(word.0)
}

/// The polynomial that an integer is.
pub(crate) fn integer_value(integer: SymbolicInteger) -> Polynomial {
    term_value(integer.0)
}

fn term_value(term: Term) -> Polynomial {
    let polynomial = Trace::with(|search| (*search.polynomial(term)).clone());
    record(Operation::Value(term, polynomial.clone()), "a value");
    polynomial
}

/// The polynomial that the low bits of a word are.
pub(crate) fn low_value(word: Symbol, bits: u32) -> Polynomial {
    integer_value(Word::low(word, bits))
}

/// The word, if it is the same whatever the inputs are.
pub(crate) fn as_constant(word: Symbol) -> Option<u64> {
    let constant = value(word).as_constant()?;
    u64::try_from(constant & (power(64) - 1)).ok()
}

/// Obliges that a word's polynomial lies in a range.
pub(crate) fn oblige_in(word: Symbol, range: Interval, what: &str) {
    record(Operation::TermWithin(word.0, range), what);
}

/// Obliges that an integer lies in a range.
pub(crate) fn oblige_integer_in(integer: SymbolicInteger, range: Interval, what: &str) {
    record(Operation::TermWithin(integer.0, range), what);
}

/// Obliges that a polynomial lies in a range.
pub(crate) fn oblige_bound(polynomial: &Polynomial, range: Interval, what: &str) {
    record(Operation::Within(polynomial.clone(), range), what);
}

/// Obliges that two polynomials are congruent.
pub(crate) fn oblige_congruent(a: &Polynomial, b: &Polynomial, modulus: &BigInt, what: &str) {
    record(Operation::Multiple(a - b, modulus.clone()), what);
}
