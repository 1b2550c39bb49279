//! What a theorem claims.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Reason, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Search, because,
    bounds::Bound,
    facts::fact,
};

impl Search {
    /// Why a polynomial lies in an interval.
    pub(super) fn within(
        &mut self,
        polynomial: &Polynomial,
        interval: &Interval,
    ) -> Result<Reason, String> {
        let polynomial = Rc::new(polynomial.clone());
        let mut known = self.bound(&polynomial);
        if !self.facts[known].interval.within(interval) {
            let near = self.near(&polynomial);
            if !near.is_empty() {
                let found = self.strongest(&polynomial, near);
                known = self.meet(known, found);
            }
        }
        let found = &self.facts[known].interval;
        if found.within(interval) {
            Ok(because([known]))
        } else {
            Err(format!("it lies in {found:x?}, not in {interval:x?}"))
        }
    }

    /// Why a term's polynomial lies in an interval.
    pub(super) fn term_within(
        &mut self,
        term: Term,
        interval: &Interval,
    ) -> Result<Reason, String> {
        match self.range_within(term, interval) {
            Ok(known) => Ok(because([known])),
            Err(_) => self.within(&self.nodes[term].polynomial.clone(), interval),
        }
    }

    /// The powers of two that a polynomial is multiplied by.
    fn scales(&self) -> impl Iterator<Item = u32> {
        [0].into_iter().chain(self.hints.scales.iter().copied())
    }

    /// Bounds from what is known of another polynomial, if a multiple is near it.
    fn near(&self, polynomial: &Polynomial) -> Vec<Bound> {
        let mut bounds = Vec::new();
        for special in self.special.values() {
            for scale in self.scales() {
                let difference = &polynomial.shifted(scale) - &self.facts[*special].polynomial;
                bounds.extend(self.bounds(&difference).into_iter().map(|bound| {
                    let evidence = &fact(*special).scaled(&bound.divisor) + &bound.evidence;
                    let divisor = &bound.divisor * power(scale);
                    let interval = self.evaluate(&evidence).exact_quotients(&divisor);
                    Bound {
                        interval,
                        evidence,
                        divisor,
                    }
                }));
            }
        }
        bounds
    }

    /// Why a polynomial is a multiple of an integer: as it stands, or with an equality.
    pub(super) fn multiple(
        &mut self,
        polynomial: &Polynomial,
        modulus: &BigInt,
    ) -> Result<Reason, String> {
        if polynomial.is_multiple_of(modulus) {
            return Ok(Reason::default());
        }
        for equality in &self.equalities {
            for factor in self
                .scales()
                .flat_map(|scale| [power(scale), -power(scale)])
            {
                let known = &self.facts[*equality].polynomial;
                if (polynomial + &known.scaled(&factor)).is_multiple_of(modulus) {
                    return Ok(Reason {
                        facts: vec![*equality as Fact],
                        factors: vec![Polynomial::constant(factor)],
                        ..Reason::default()
                    });
                }
            }
        }
        let wrong = polynomial
            .terms()
            .filter(|(_, c)| *c % modulus != BigInt::ZERO);
        let wrong: Vec<_> = wrong.take(8).collect();
        Err(format!("not congruent: {wrong:x?}"))
    }
}
