//! What the program does, and its theorem says.

use super::run::{Run, Value, WORD, Wrong};
use crate::proof::engine::{
    certificate::{Operation, Reason},
    polynomial::{Interval, Polynomial, power},
};

impl Run {
    pub(super) fn operation(
        &mut self,
        step: usize,
        operation: &Operation,
        reason: &Reason,
    ) -> Result<Value, Wrong> {
        let integer = |polynomial| {
            Ok(Value {
                polynomial,
                exact: true,
            })
        };
        let word = |polynomial| {
            Ok(Value {
                polynomial,
                exact: false,
            })
        };
        let nothing = word(Polynomial::default());
        let mut facts = reason.facts.iter();
        match operation {
            Operation::Input(interval) => {
                let input = self.variable();
                self.learn(input.clone(), interval.clone());
                word(input)
            }
            Operation::Given(polynomial, interval) => {
                self.learn(polynomial.clone(), interval.clone());
                word(polynomial.clone())
            }
            Operation::Assume(polynomial, interval) => {
                self.learn(polynomial.clone(), interval.clone());
                nothing
            }
            Operation::Constant(value) => word(Polynomial::constant(value.clone())),
            Operation::Sum(a, b) | Operation::Difference(a, b) | Operation::Product(a, b) => {
                let (a, b) = (self.term(*a)?, self.term(*b)?);
                if a.exact != b.exact {
                    return Err("a word and an integer");
                }
                let polynomial = match operation {
                    Operation::Sum(..) => &a.polynomial + &b.polynomial,
                    Operation::Difference(..) => &a.polynomial - &b.polynomial,
                    _ => &a.polynomial * &b.polynomial,
                };
                Ok(Value {
                    polynomial,
                    exact: a.exact,
                })
            }
            Operation::Low(term, bits) => {
                let term = self.term(*term)?;
                if !term.exact && *bits > WORD {
                    return Err("more bits than a word has");
                }
                integer(self.remainder(
                    &term.polynomial,
                    *bits,
                    &Interval::bits(*bits),
                    facts.next(),
                )?)
            }
            Operation::Signed(term) => {
                let range = Interval::new(-power(WORD - 1), power(WORD - 1) - 1);
                integer(self.remainder(self.word(*term)?, WORD, &range, facts.next())?)
            }
            Operation::Floor(term, bits) => {
                let term = self.term(*term)?;
                if !term.exact {
                    return Err("not an integer");
                }
                let rest = self.remainder(
                    &term.polynomial,
                    *bits,
                    &Interval::bits(*bits),
                    facts.next(),
                )?;
                let quotient = (&term.polynomial - &rest).divided(&power(*bits));
                integer(quotient.ok_or("the remainder of something else")?)
            }
            Operation::Word(term) => {
                let term = self.term(*term)?;
                word(term.polynomial.clone())
            }
            Operation::And(a, b) => word(self.and(*a, *b, reason)?),
            Operation::Or(a, b) => word(self.or(*a, *b, reason)?),
            Operation::Xor(a, b) => word(self.xor(*a, *b, reason)?),
            Operation::IsZero(term) => {
                let value = self.unsigned(*term, facts.next())?;
                let known = self.fact(reason.facts.first())?.interval.clone();
                let (zero, other) = (
                    known.meet(&Interval::point(0)),
                    known.meet(&Interval::new(1, power(WORD))),
                );
                self.branch(step, reason.outcome, [!other.is_empty(), !zero.is_empty()]);
                self.learn(value, if reason.outcome { zero } else { other });
                nothing
            }
            Operation::Branch => {
                self.branch(step, reason.outcome, [true, true]);
                nothing
            }
            Operation::Value(term, polynomial) => {
                let same = self.term(*term)?.polynomial == *polynomial;
                if same { nothing } else { Err("another value") }
            }
            Operation::Within(polynomial, interval) => {
                self.within(polynomial.clone(), interval, reason)?;
                nothing
            }
            Operation::TermWithin(term, interval) => {
                self.within(self.term(*term)?.polynomial.clone(), interval, reason)?;
                nothing
            }
            Operation::Multiple(polynomial, modulus) => {
                self.obligations += 1;
                let mut sum = polynomial.clone();
                for (fact, factor) in facts.zip(&reason.factors) {
                    let known = self.fact(Some(fact))?;
                    if known.interval != Interval::point(0) {
                        return Err("not zero");
                    }
                    sum = &sum + &(&known.polynomial * factor);
                }
                if sum.is_multiple_of(modulus) {
                    nothing
                } else {
                    Err("not congruent")
                }
            }
        }
    }

    fn within(
        &mut self,
        polynomial: Polynomial,
        interval: &Interval,
        reason: &Reason,
    ) -> Result<(), Wrong> {
        self.obligations += 1;
        let known = self.fact(reason.facts.first())?;
        let proved = known.polynomial == polynomial && known.interval.within(interval);
        proved.then_some(()).ok_or("out of range")
    }
}
