//! The source that the compiler was given, with terms for words: one lane stands for all.
//!
//! The files of the instruction set are compiled once more, with [`Vector`]s of terms; the
//! kernels over them are the very functions that ship.

mod apart;
pub(crate) mod avx2;
pub(crate) mod avx512ifma;
mod vectors;

use super::terms::Term;
use crate::integer::Integer;

/// The inputs that an integer's words name.
fn inputs(integer: &Integer) -> [Term; 4] {
    integer.map(Term::input)
}

/// The words of a result, by their numbers.
fn names(words: [Term; 4]) -> Integer {
    words.map(Term::name)
}
