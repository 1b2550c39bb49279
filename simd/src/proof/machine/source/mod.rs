//! The source that the compiler was given, with terms for words: one lane stands for all.
//!
//! The files of the instruction set are compiled once more, with [`Vector`]s of terms; the
//! kernels over them are the very functions that ship.

mod apart;
pub(crate) mod avx512ifma;

use std::cell::RefCell;

use super::terms::Term;
use crate::integer::Integer;

thread_local! {
    /// The truth values that were revealed, one after the other.
    static REVEALED: RefCell<Vec<Term>> = const { RefCell::new(Vec::new()) };
}

/// The truth values revealed since this was last asked.
pub(crate) fn revealed() -> Vec<Term> {
    REVEALED.take()
}

/// Whichever; nothing that a kernel does depends on it.
fn reveal(truth: Term) -> bool {
    REVEALED.with_borrow_mut(|revealed| revealed.push(truth));
    true
}

/// The inputs that an integer's words name.
fn inputs(integer: &Integer) -> [Term; 4] {
    integer.map(Term::input)
}

/// The words of a result, by their numbers.
fn names(words: [Term; 4]) -> Integer {
    words.map(Term::name)
}
