//! Intervals that polynomials lie in.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Evidence, Search,
    facts::{fact, without_constant},
    one,
};

/// How many quotients are written as what they are of, one after the other.
const ELIMINATIONS: usize = 200;

/// A sum of facts, its divisor, and the interval that follows.
#[derive(Clone)]
pub(super) struct Bound {
    pub(super) interval: Interval,
    pub(super) evidence: Evidence,
    pub(super) divisor: BigInt,
}

impl Search {
    /// A polynomial as a sum of products of what is known of its variables.
    pub(super) fn natural(&self, polynomial: &Polynomial) -> Evidence {
        let mut evidence = Evidence::default();
        for (monomial, coefficient) in polynomial.terms() {
            let range =
                |variable: &u32| self.latest(self.variables[*variable as usize].range) as u32;
            let mut facts: Vec<_> = monomial.iter().map(range).collect();
            facts.sort_unstable();
            evidence.add_term(&facts, coefficient.clone());
        }
        evidence
    }

    /// What is known of a polynomial that was looked at before.
    fn by_special(&self, polynomial: &Polynomial) -> Option<Evidence> {
        let special = self.special.get(&without_constant(polynomial))?;
        let known = &self.facts[*special].polynomial;
        let constant = polynomial.coefficient(&[]) - known.coefficient(&[]);
        Some(&fact(*special) + &Polynomial::constant(constant))
    }

    /// The evidence for a polynomial that takes no steps.
    pub(super) fn at_hand(&self, polynomial: &Polynomial, range: &Interval) -> Option<Evidence> {
        let natural = [self.natural(polynomial)].into_iter();
        let mut evidence = natural.chain(self.by_special(polynomial));
        evidence.find(|evidence| self.evaluate(evidence).within(range))
    }

    fn bound_by(&self, evidence: Evidence, divisor: &BigInt) -> Bound {
        Bound {
            interval: self.evaluate(&evidence).exact_quotients(divisor),
            evidence,
            divisor: divisor.clone(),
        }
    }

    /// The polynomial as it stands, and after each step of writing a quotient, the newest
    /// first, as what it is of less the rest, divided.
    pub(super) fn bounds(&self, polynomial: &Polynomial) -> Vec<Bound> {
        let mut bounds = Vec::new();
        let (mut current, mut rests, mut divisor) =
            (polynomial.clone(), Evidence::default(), one());
        for _ in 0..ELIMINATIONS {
            bounds.push(self.bound_by(&self.natural(&current) + &rests, &divisor));
            if let Some(special) = self.by_special(&current) {
                bounds.push(self.bound_by(&special + &rests, &divisor));
            }
            let defined = |variable: &u32| self.variables[*variable as usize].definition.is_some();
            let newest = current
                .terms()
                .filter_map(|(monomial, _)| match monomial[..] {
                    [variable] => Some(variable).filter(defined),
                    _ => None,
                });
            let Some(variable) = newest.max() else { break };
            let definition = self.variables[variable as usize].definition.clone();
            let definition = definition.expect("only those that are defined");
            let valuation = current
                .coefficient(&[variable])
                .trailing_zeros()
                .unwrap_or(0);
            let missing = power(definition.bits.saturating_sub(valuation as u32));
            if missing > one() {
                current = current.scaled(&missing);
                rests = rests.scaled(&missing);
                divisor *= missing;
            }
            let coefficient = current.coefficient(&[variable]);
            let multiple = &coefficient >> definition.bits;
            current.add_term(&[variable], -coefficient);
            current.add_scaled(&definition.root, &multiple);
            rests.add_scaled(&fact(definition.rest), &-multiple);
        }
        bounds
    }

    /// The fact that several bounds of one polynomial give together.
    pub(super) fn strongest(&mut self, polynomial: &Rc<Polynomial>, bounds: Vec<Bound>) -> Fact {
        let low = bounds.iter().max_by_key(|bound| bound.interval.low.clone());
        let high = bounds
            .iter()
            .min_by_key(|bound| bound.interval.high.clone());
        let (low, high) = (low.expect("a bound"), high.expect("a bound"));
        let first = self.settle(polynomial, &low.evidence, &low.divisor);
        if self.facts[first].interval.high <= high.interval.high {
            return first;
        }
        let second = self.settle(polynomial, &high.evidence, &high.divisor);
        self.meet(first, second)
    }

    /// What is known of a polynomial.
    pub(super) fn bound(&mut self, polynomial: &Rc<Polynomial>) -> Fact {
        let bounds = self.bounds(polynomial);
        self.strongest(polynomial, bounds)
    }

    /// What is known of a term: by the sum of what it was made of, by the sum of the parts of
    /// that, and by its polynomial.
    pub(super) fn range(&mut self, term: Term) -> Fact {
        let node = &self.nodes[term];
        let polynomial = node.polynomial.clone();
        let mut bounds = self.bounds(&polynomial);
        for evidence in [node.parts.clone(), node.atoms.clone()] {
            bounds.push(self.bound_by(evidence, &one()));
        }
        let fact_found = self.strongest(&polynomial, bounds);
        self.nodes[term].parts = fact(fact_found);
        fact_found
    }

    /// That a term lies in an interval, if it does: with little effort, if that is enough.
    pub(super) fn range_within(
        &mut self,
        term: Term,
        interval: &Interval,
    ) -> Result<Fact, Interval> {
        let node = &self.nodes[term];
        let (polynomial, parts, atoms) = (
            node.polynomial.clone(),
            node.parts.clone(),
            node.atoms.clone(),
        );
        for evidence in [parts, atoms] {
            if self.evaluate(&evidence).within(interval) {
                let found = self.settle(&polynomial, &evidence, &one());
                self.nodes[term].parts = fact(found);
                return Ok(found);
            }
        }
        let found = self.range(term);
        let known = self.facts[found].interval.clone();
        if known.within(interval) {
            Ok(found)
        } else {
            Err(known)
        }
    }
}
