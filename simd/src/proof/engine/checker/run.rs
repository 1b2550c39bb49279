//! One run, replayed: its terms, and the facts that are known of them.

use std::collections::HashMap;

use num_bigint::BigInt;

use crate::proof::engine::{
    certificate::{Rule, Step, Term},
    polynomial::{Interval, Polynomial, power},
};

/// The bits of a word.
pub(super) const WORD: u32 = 64;

/// What is wrong with a certificate.
pub(crate) type Wrong = &'static str;

/// A step at which a run could have gone another way.
pub(super) struct Branch {
    pub(super) step: usize,
    pub(super) outcome: bool,
    /// Whether it could have been false, and whether true.
    pub(super) possible: [bool; 2],
}

/// What a term is.
#[derive(Clone)]
pub(super) struct Value {
    pub(super) polynomial: Polynomial,
    /// An integer rather than a word.
    pub(super) exact: bool,
}

/// A fact.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) polynomial: Polynomial,
    pub(super) interval: Interval,
}

/// A run, as far as it was replayed.
#[derive(Default)]
pub(super) struct Run {
    terms: Vec<Value>,
    facts: Vec<Known>,
    variables: u32,
    /// What each variable that is an exclusive or is that of.
    pub(super) xors: HashMap<Polynomial, [Polynomial; 2]>,
    pub(super) branches: Vec<Branch>,
    pub(super) obligations: usize,
    /// The facts contradict each other: there is no such case.
    absurd: bool,
}

impl Run {
    pub(super) fn check(steps: &[Step]) -> Result<Self, Wrong> {
        let mut run = Self::default();
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Program(operation, reason) => {
                    let value = run.operation(number, operation, reason)?;
                    run.terms.push(value);
                }
                Step::Deduction(rule) => run.rule(number, rule)?,
                Step::End => {}
            }
            if run.absurd {
                return Ok(run);
            }
        }
        let ended = steps.last() == Some(&Step::End);
        ended.then_some(run).ok_or("a run without an end")
    }

    pub(super) fn variable(&mut self) -> Polynomial {
        self.variables += 1;
        Polynomial::variable(self.variables - 1)
    }

    pub(super) fn learn(&mut self, polynomial: Polynomial, interval: Interval) {
        self.absurd |= interval.is_empty();
        self.facts.push(Known {
            polynomial,
            interval,
        });
    }

    pub(super) fn fact(&self, number: Option<&usize>) -> Result<&Known, Wrong> {
        number
            .and_then(|n| self.facts.get(*n))
            .ok_or("no such fact")
    }

    pub(super) fn term(&self, number: Term) -> Result<&Value, Wrong> {
        self.terms.get(number).ok_or("no such term")
    }

    pub(super) fn word(&self, number: Term) -> Result<&Polynomial, Wrong> {
        let term = self.term(number)?;
        (!term.exact)
            .then_some(&term.polynomial)
            .ok_or("not a word")
    }

    /// What is congruent to a polynomial modulo a power of two and, by a fact, in an interval
    /// of as many integers: so it is the remainder.
    pub(super) fn remainder(
        &self,
        of: &Polynomial,
        bits: u32,
        interval: &Interval,
        fact: Option<&usize>,
    ) -> Result<Polynomial, Wrong> {
        let known = self.fact(fact)?;
        if !known.interval.within(interval) {
            return Err("a remainder out of its range");
        }
        let multiple = (of - &known.polynomial).is_multiple_of(&power(bits));
        multiple
            .then(|| known.polynomial.clone())
            .ok_or("the remainder of something else")
    }

    pub(super) fn unsigned(&self, word: Term, fact: Option<&usize>) -> Result<Polynomial, Wrong> {
        self.remainder(self.word(word)?, WORD, &Interval::bits(WORD), fact)
    }

    pub(super) fn branch(&mut self, step: usize, outcome: bool, possible: [bool; 2]) {
        self.branches.push(Branch {
            step,
            outcome,
            possible,
        });
    }

    fn rule(&mut self, step: usize, rule: &Rule) -> Result<(), Wrong> {
        match rule {
            Rule::Quotient(of, bits) => {
                let multiple = self.variable().shifted(*bits);
                self.learn(of - &multiple, Interval::bits(*bits));
            }
            Rule::Linear {
                terms,
                constant,
                divisor,
            } => {
                let mut polynomial = Polynomial::constant(constant.clone());
                let mut interval = Interval::point(constant.clone());
                for (coefficient, fact) in terms {
                    let known = self.fact(Some(fact))?;
                    polynomial.add_scaled(&known.polynomial, coefficient);
                    interval = interval.plus(&known.interval.scaled(coefficient));
                }
                if *divisor < BigInt::from(1) {
                    return Err("not a divisor");
                }
                let quotient = polynomial
                    .divided(divisor)
                    .ok_or("a quotient with a remainder")?;
                self.learn(quotient, interval.exact_quotients(divisor));
            }
            Rule::Product(a, b) => {
                let (a, b) = (self.fact(Some(a))?, self.fact(Some(b))?);
                self.learn(&a.polynomial * &b.polynomial, a.interval.times(&b.interval));
            }
            Rule::Meet(a, b) => {
                let (a, b) = (self.fact(Some(a))?, self.fact(Some(b))?);
                if a.polynomial != b.polynomial {
                    return Err("facts about two things");
                }
                self.learn(a.polynomial.clone(), a.interval.meet(&b.interval));
            }
            Rule::Rewrite(term, fact) => {
                let known = self.fact(Some(fact))?.clone();
                let term = self.terms.get_mut(*term).ok_or("no such term")?;
                if known.interval != Interval::point(0) {
                    return Err("not zero");
                }
                term.polynomial = &term.polynomial - &known.polynomial;
            }
            Rule::Case { of, at, above } => {
                let known = self.fact(Some(of))?.clone();
                let below = Interval::new(known.interval.low.clone(), at - 1).meet(&known.interval);
                let rest =
                    Interval::new(at.clone(), known.interval.high.clone()).meet(&known.interval);
                self.branch(step, *above, [!below.is_empty(), !rest.is_empty()]);
                self.learn(known.polynomial, if *above { rest } else { below });
            }
        }
        Ok(())
    }
}
