//! Symbolic words, and the record of what is done with them.
//!
//! What is recorded is what the checker replays: an operation on a symbol is recorded as that
//! operation, and the number of its term is the symbol.

use std::cell::RefCell;

use num_bigint::BigInt;

use super::{
    certificate::{Operation, Reason, Step, Term},
    search::Search,
};
use crate::proof::words::{Integer, Word};

/// A symbolic word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Symbol(pub(super) Term);

impl Symbol {
    /// The symbol of a number, which stands for it in a table.
    pub(crate) fn numbered(number: u64) -> Self {
        Self(number as Term)
    }

    /// The number that stands for it.
    pub(crate) fn number(self) -> u64 {
        self.0 as u64
    }
}

/// A symbolic integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SymbolicInteger(pub(super) Term);

/// A run under way.
#[derive(Default)]
pub(super) struct Trace {
    steps: Vec<Step>,
    terms: usize,
    pub(super) search: Search,
}

thread_local! {
    static TRACE: RefCell<Trace> = RefCell::default();
}

impl Trace {
    /// Begins a run, with a search that knows nothing.
    pub(super) fn begin(search: Search) {
        TRACE.replace(Self {
            search,
            ..Self::default()
        });
    }

    /// The run so far.
    pub(super) fn end() -> (Vec<Step>, Search) {
        let mut trace = TRACE.take();
        trace.record_deductions();
        (trace.steps, trace.search)
    }

    pub(super) fn with<T>(look: impl FnOnce(&mut Search) -> T) -> T {
        TRACE.with_borrow_mut(|trace| look(&mut trace.search))
    }

    fn record_deductions(&mut self) {
        let rules = self.search.take_rules();
        self.steps.extend(rules.into_iter().map(Step::Deduction));
    }

    fn record(&mut self, operation: Operation) -> Result<(Term, Reason), String> {
        let reason = self.search.perform(&operation)?;
        self.record_deductions();
        self.steps.push(Step::Program(operation, reason.clone()));
        self.terms += 1;
        self.search.follow_up();
        Ok((self.terms - 1, reason))
    }
}

/// Records an operation. Panics with what could not be proved.
pub(super) fn record(operation: Operation, what: &str) -> (Term, Reason) {
    let recorded = TRACE.with_borrow_mut(|trace| trace.record(operation));
    recorded.unwrap_or_else(|wrong| panic!("{what}: {wrong}"))
}

fn term(operation: Operation) -> Term {
    record(operation, "a word is read").0
}

impl Word for Symbol {
    type Integer = SymbolicInteger;

    fn constant(value: u64) -> Self {
        Self(term(Operation::Constant(BigInt::from(value))))
    }

    fn plus(self, other: Self) -> Self {
        Self(term(Operation::Sum(self.0, other.0)))
    }

    fn minus(self, other: Self) -> Self {
        Self(term(Operation::Difference(self.0, other.0)))
    }

    fn times(self, other: Self) -> Self {
        Self(term(Operation::Product(self.0, other.0)))
    }

    fn unsigned(self) -> SymbolicInteger {
        self.low(u64::BITS)
    }

    fn signed(self) -> SymbolicInteger {
        SymbolicInteger(term(Operation::Signed(self.0)))
    }

    fn low(self, bits: u32) -> SymbolicInteger {
        SymbolicInteger(term(Operation::Low(self.0, bits)))
    }

    fn and(self, other: Self) -> Self {
        Self(term(Operation::And(self.0, other.0)))
    }

    fn or(self, other: Self) -> Self {
        Self(term(Operation::Or(self.0, other.0)))
    }

    fn xor(self, other: Self) -> Self {
        Self(term(Operation::Xor(self.0, other.0)))
    }

    fn known(self) -> u64 {
        super::as_constant(self).expect("a count or an index is a constant")
    }

    fn is_zero(self) -> bool {
        record(Operation::IsZero(self.0), "a word is compared")
            .1
            .outcome
    }
}

impl Integer for SymbolicInteger {
    type Word = Symbol;

    fn plus(self, other: Self) -> Self {
        Self(term(Operation::Sum(self.0, other.0)))
    }

    fn minus(self, other: Self) -> Self {
        Self(term(Operation::Difference(self.0, other.0)))
    }

    fn times(self, other: Self) -> Self {
        Self(term(Operation::Product(self.0, other.0)))
    }

    fn floor(self, bits: u32) -> Self {
        Self(term(Operation::Floor(self.0, bits)))
    }

    fn low(self, bits: u32) -> Self {
        Self(term(Operation::Low(self.0, bits)))
    }

    fn word(self) -> Symbol {
        Symbol(term(Operation::Word(self.0)))
    }
}
