//! Finds why the operations of a program are what they are taken for.
//!
//! Every term has a polynomial and is known to lie in an interval. What *reads* a word (a
//! shift to the right, a mask, a multiplication of its low bits) needs `floor(x / 2^k)`: a
//! new variable, unless the same quotient is known. Intervals are those of sums of facts; a
//! sum is looked at as it stands, and again with each quotient, the newest first, written as
//! what it is the quotient of. Nothing here is trusted: [`super::checker`] replays it.

mod bitwise;
mod bounds;
mod claims;
mod facts;
mod nodes;
mod split;
mod zero;

use std::{collections::HashMap, rc::Rc};

use facts::Known;
use nodes::Node;
use num_bigint::BigInt;

use super::{
    certificate::{Fact, Operation, Reason, Rule, Term},
    polynomial::Polynomial,
};

/// What helps a search.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Hints {
    /// Quotients by 2 to this power or more are told apart, a case each, if they are few.
    pub(crate) cases_from: Option<u32>,
    /// A bound may follow from one on 2 to these powers times as much.
    pub(crate) scales: &'static [u32],
}

impl Hints {
    /// The hints for an operation that needs no cases.
    pub(crate) const fn without_cases(self) -> Self {
        Self {
            cases_from: None,
            ..self
        }
    }
}

/// A sum of products of facts: what an interval is computed of. Its variables are facts.
type Evidence = Polynomial;

struct Variable {
    /// That it lies in an interval.
    range: Fact,
    /// `root - 2^bits variable`, which is what the fact is of.
    definition: Option<Definition>,
}

#[derive(Clone)]
struct Definition {
    root: Rc<Polynomial>,
    bits: u32,
    rest: Fact,
}

/// No such case: the facts contradict each other.
pub(super) struct Absurd;

/// The search in one run.
#[derive(Default)]
pub(super) struct Search {
    hints: Hints,
    rules: Vec<Rule>,
    facts: Vec<Known>,
    products: HashMap<Vec<Fact>, Fact>,
    variables: Vec<Variable>,
    nodes: Vec<Node>,
    /// The quotients of polynomials by powers of two that are variables.
    quotients: HashMap<(Rc<Polynomial>, u32), u32>,
    /// Quotients of -1 or 0, by the least root that is congruent to theirs, and what they are
    /// more than its quotient.
    signs: HashMap<(Polynomial, u32), (u32, Polynomial)>,
    splits: HashMap<(Rc<Polynomial>, u32), split::Split>,
    /// What is known of polynomials, without their constant, beyond what follows from
    /// their variables.
    special: HashMap<Polynomial, Fact>,
    /// That polynomials are zero.
    equalities: Vec<Fact>,
    /// What is known of a polynomial that a quotient is.
    atoms: HashMap<Rc<Polynomial>, Fact>,
    /// The terms that each variable is the exclusive or of.
    xors: HashMap<Rc<Polynomial>, [Term; 2]>,
    /// A term that was found to be zero or not, of which more follows.
    pending: Option<zero::Pending>,
    /// What an operation said of a polynomial.
    pending_special: Option<Fact>,
    /// A logical or that was made.
    pending_either: Option<bitwise::Either>,
    script: Vec<bool>,
    /// The way that each branch took, and whether there is another.
    taken: Vec<(bool, bool)>,
}

impl Search {
    /// A search that takes the given ways at the first branches.
    pub(super) fn new(hints: Hints, script: Vec<bool>) -> Self {
        Self {
            hints,
            script,
            ..Self::default()
        }
    }

    /// The rules found since the last time.
    pub(super) fn take_rules(&mut self) -> Vec<Rule> {
        core::mem::take(&mut self.rules)
    }

    /// The ways that the first branches of the next run take.
    pub(super) fn next_script(mut self) -> Option<Vec<bool>> {
        while let Some((outcome, other)) = self.taken.pop() {
            if other && !outcome {
                let mut script: Vec<_> = self.taken.iter().map(|(outcome, _)| *outcome).collect();
                script.push(true);
                return Some(script);
            }
        }
        None
    }

    /// Takes a way at a branch.
    fn choose(&mut self, possible: [bool; 2]) -> bool {
        let scripted = self.script.get(self.taken.len()).copied();
        let outcome = scripted.unwrap_or(!possible[0]);
        self.taken.push((outcome, possible == [true, true]));
        outcome
    }

    /// A node for the term that an operation makes, and the reason for what it is.
    pub(super) fn perform(&mut self, operation: &Operation) -> Result<Reason, String> {
        let (node, reason) = match operation {
            Operation::Input(interval) => (self.input(interval), Reason::default()),
            Operation::Given(polynomial, interval) => {
                (self.given(polynomial, interval), Reason::default())
            }
            Operation::Assume(polynomial, interval) => {
                let fact = self.learn(Rc::new(polynomial.clone()), interval.clone());
                self.pending_special = Some(fact);
                (Node::default(), Reason::default())
            }
            Operation::Constant(value) => (Node::constant(value), Reason::default()),
            Operation::Sum(a, b) => (self.combine(*a, *b, false), Reason::default()),
            Operation::Difference(a, b) => (self.combine(*a, *b, true), Reason::default()),
            Operation::Product(a, b) => (self.product(*a, *b), Reason::default()),
            Operation::Low(a, bits) => self.low(*a, *bits),
            Operation::Signed(a) => self.signed(*a)?,
            Operation::Floor(a, bits) => self.floor(*a, *bits),
            Operation::Word(a) => (self.word(*a), Reason::default()),
            Operation::And(a, b) => self.and(*a, *b),
            Operation::Or(a, b) => self.or(*a, *b),
            Operation::Xor(a, b) => self.xor(*a, *b),
            Operation::IsZero(a) => (Node::default(), self.is_zero(*a)),
            Operation::Branch => {
                let outcome = self.choose([true, true]);
                (
                    Node::default(),
                    Reason {
                        outcome,
                        ..Reason::default()
                    },
                )
            }
            Operation::Value(..) => (Node::default(), Reason::default()),
            Operation::TermWithin(term, interval) => {
                (Node::default(), self.term_within(*term, interval)?)
            }
            Operation::Within(polynomial, interval) => {
                (Node::default(), self.within(polynomial, interval)?)
            }
            Operation::Multiple(polynomial, modulus) => {
                (Node::default(), self.multiple(polynomial, modulus)?)
            }
        };
        self.nodes.push(node);
        Ok(reason)
    }

    /// Finds what follows from the last operation.
    pub(super) fn follow_up(&mut self) {
        if let Some(fact) = self.pending_special.take() {
            self.make_special(fact);
        }
        if let Some(either) = self.pending_either.take() {
            self.no_less_than_half(either);
        }
        self.follow();
    }

    /// The polynomial of a term.
    pub(super) fn polynomial(&self, term: Term) -> Rc<Polynomial> {
        self.nodes[term].polynomial.clone()
    }
}

/// A reason of facts alone.
fn because(facts: impl IntoIterator<Item = Fact>) -> Reason {
    Reason {
        facts: facts.into_iter().collect(),
        ..Reason::default()
    }
}

fn one() -> BigInt {
    BigInt::from(1)
}
