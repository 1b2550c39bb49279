//! Facts, and sums of facts.

use std::{panic::resume_unwind, rc::Rc};

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Rule},
        polynomial::{Interval, Polynomial},
    },
    Absurd, Evidence, Search, one,
};

/// That a polynomial lies in an interval.
pub(super) struct Known {
    pub(super) polynomial: Rc<Polynomial>,
    pub(super) interval: Interval,
    /// A fact of the same polynomial that says more.
    better: Option<Fact>,
}

impl Search {
    /// The fact that the checker learns now.
    pub(super) fn learn(&mut self, polynomial: Rc<Polynomial>, interval: Interval) -> Fact {
        if interval.is_empty() {
            resume_unwind(Box::new(Absurd));
        }
        self.facts.push(Known {
            polynomial,
            interval,
            better: None,
        });
        self.facts.len() - 1
    }

    /// A fact that follows by a rule.
    pub(super) fn deduce(
        &mut self,
        rule: Rule,
        polynomial: Rc<Polynomial>,
        interval: Interval,
    ) -> Fact {
        self.rules.push(rule);
        self.learn(polynomial, interval)
    }

    /// The fact that says most of what this one speaks of.
    pub(super) fn latest(&self, mut fact: Fact) -> Fact {
        while let Some(better) = self.facts[fact].better {
            fact = better;
        }
        fact
    }

    /// The interval of a fact, by the latest that is known.
    pub(super) fn interval_of(&self, fact: Fact) -> &Interval {
        &self.facts[self.latest(fact)].interval
    }

    /// What two facts of one polynomial say together; later, both stand for that.
    pub(super) fn meet(&mut self, a: Fact, b: Fact) -> Fact {
        let (a, b) = (self.latest(a), self.latest(b));
        if a == b {
            return a;
        }
        let (x, y) = (&self.facts[a].interval, &self.facts[b].interval);
        let met = if x.within(y) {
            a
        } else if y.within(x) {
            b
        } else {
            let (interval, polynomial) = (x.meet(y), self.facts[a].polynomial.clone());
            self.deduce(Rule::Meet(a, b), polynomial, interval)
        };
        for fact in [a, b] {
            if fact != met {
                self.facts[fact].better = Some(met);
            }
        }
        met
    }

    /// The interval of a sum of facts.
    pub(super) fn evaluate(&self, evidence: &Evidence) -> Interval {
        let mut sum = Interval::point(0);
        for (facts, coefficient) in evidence.terms() {
            let mut term = Interval::point(coefficient.clone());
            for fact in facts {
                term = term.times(self.interval_of(*fact as Fact));
            }
            sum = sum.plus(&term);
        }
        sum
    }

    /// The fact that a sum of facts, divided, is: of a polynomial that the caller knows.
    pub(super) fn settle(
        &mut self,
        polynomial: &Rc<Polynomial>,
        evidence: &Evidence,
        divisor: &BigInt,
    ) -> Fact {
        let mut terms = Vec::new();
        let mut constant = BigInt::ZERO;
        for (facts, coefficient) in evidence.terms() {
            if facts.is_empty() {
                constant = coefficient.clone();
                continue;
            }
            let facts: Vec<_> = facts
                .iter()
                .map(|fact| self.latest(*fact as Fact))
                .collect();
            terms.push((coefficient.clone(), self.product_of(&facts)));
        }
        if let [(coefficient, fact)] = &terms[..]
            && constant == BigInt::ZERO
            && *coefficient == one()
            && *divisor == one()
        {
            return *fact;
        }
        let mut interval = Interval::point(constant.clone());
        for (coefficient, fact) in &terms {
            interval = interval.plus(&self.facts[*fact].interval.scaled(coefficient));
        }
        let interval = interval.exact_quotients(divisor);
        let divisor = divisor.clone();
        let rule = Rule::Linear {
            terms,
            constant,
            divisor,
        };
        self.deduce(rule, polynomial.clone(), interval)
    }

    fn product_of(&mut self, facts: &[Fact]) -> Fact {
        let [first, rest @ ..] = facts else {
            unreachable!("a product of something");
        };
        let mut product = *first;
        for (i, fact) in rest.iter().enumerate() {
            let key = facts[..i + 2].to_vec();
            product = match self.products.get(&key) {
                Some(known) => *known,
                None => {
                    let (a, b) = (&self.facts[product], &self.facts[*fact]);
                    let (polynomial, interval) = (
                        &*a.polynomial * &*b.polynomial,
                        a.interval.times(&b.interval),
                    );
                    let found =
                        self.deduce(Rule::Product(product, *fact), Rc::new(polynomial), interval);
                    self.products.insert(key, found);
                    found
                }
            };
        }
        product
    }

    /// Remembers what is known of a polynomial beyond what follows from its variables.
    pub(super) fn make_special(&mut self, new: Fact) {
        let polynomial = self.facts[new].polynomial.clone();
        let key = without_constant(&polynomial);
        let Some(known) = self.special.get(&key).copied() else {
            self.special.insert(key, new);
            return;
        };
        let before = self.facts[known].polynomial.clone();
        let constant = before.coefficient(&[]) - polynomial.coefficient(&[]);
        let evidence = &fact(new) + &Polynomial::constant(constant);
        let again = self.settle(&before, &evidence, &one());
        let met = self.meet(known, again);
        self.special.insert(key, met);
    }
}

pub(super) fn without_constant(polynomial: &Polynomial) -> Polynomial {
    let mut rest = polynomial.clone();
    rest.add_term(&[], -polynomial.coefficient(&[]));
    rest
}

/// A fact alone.
pub(super) fn fact(fact: Fact) -> Evidence {
    Polynomial::variable(fact as u32)
}

impl Search {
    /// A fact that an operation made says more than one before.
    pub(super) fn facts_met(&mut self, before: Fact, after: Fact) {
        self.facts[before].better = Some(after);
    }
}
