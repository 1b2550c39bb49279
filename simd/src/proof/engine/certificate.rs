//! What a run of a proof leaves behind: the operations that the program carried out, each with
//! the facts that justify what it is taken for, and between them how those facts were found.
//!
//! Terms and facts are numbered in the order in which they arise: each operation makes one
//! term (one that none asks for, if it has no value), and facts as [`super::checker`] says.

use num_bigint::BigInt;

use super::polynomial::{Interval, Polynomial};

/// The number of a term.
pub(crate) type Term = usize;
/// The number of a fact.
pub(crate) type Fact = usize;

/// What the program under proof does, or its theorem says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    /// Any word that is an integer in a range.
    Input(Interval),
    /// The word of a polynomial that the theorem assumes to lie in a range.
    Given(Polynomial, Interval),
    /// The theorem's assumption that a polynomial lies in a range.
    Assume(Polynomial, Interval),
    /// A word.
    Constant(BigInt),
    Sum(Term, Term),
    Difference(Term, Term),
    Product(Term, Term),
    /// The integer that the low bits are.
    Low(Term, u32),
    /// The integer that a word is, read with a sign.
    Signed(Term),
    /// An integer divided by a power of two, rounded down.
    Floor(Term, u32),
    /// The word of an integer.
    Word(Term),
    And(Term, Term),
    Or(Term, Term),
    Xor(Term, Term),
    /// A branch on whether a word is zero.
    IsZero(Term),
    /// A branch on anything.
    Branch,
    /// The polynomial that a term is.
    Value(Term, Polynomial),
    /// The claim that a polynomial lies in a range.
    Within(Polynomial, Interval),
    /// The claim that the polynomial of a term lies in a range.
    TermWithin(Term, Interval),
    /// The claim that a polynomial is a multiple of an integer.
    Multiple(Polynomial, BigInt),
}

/// What justifies an operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reason {
    pub(crate) facts: Vec<Fact>,
    /// For a multiple: what each fact, that a polynomial is zero, is multiplied by.
    pub(crate) factors: Vec<Polynomial>,
    /// For a branch: which way it goes.
    pub(crate) outcome: bool,
}

/// How a fact follows: that a polynomial lies in an interval.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Rule {
    /// There is a quotient of a polynomial by a power of two, a new variable: what is left
    /// lies between 0 and that power.
    Quotient(Polynomial, u32),
    /// A sum of multiples of facts and a constant, divided by a positive integer.
    Linear {
        terms: Vec<(BigInt, Fact)>,
        constant: BigInt,
        divisor: BigInt,
    },
    /// The product of two facts.
    Product(Fact, Fact),
    /// Two facts about one polynomial.
    Meet(Fact, Fact),
    /// A term is what it is less a polynomial that a fact says is zero.
    Rewrite(Term, Fact),
    /// A branch: what a fact speaks of is below an integer, or not.
    Case { of: Fact, at: BigInt, above: bool },
}

/// A step of a run.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Program(Operation, Reason),
    Deduction(Rule),
}
