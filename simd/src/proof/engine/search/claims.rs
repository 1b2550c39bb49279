//! What a theorem claims.

use std::{collections::BTreeSet, rc::Rc};

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Reason, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Search, because,
    bounds::Bound,
    facts::fact,
    one,
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
            known = self.by_words_above(&polynomial, known);
        }
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

    /// Bounds from what is known of another polynomial, if multiples of both are near.
    fn near(&self, polynomial: &Polynomial) -> Vec<Bound> {
        let mut specials: Vec<_> = self.special.values().copied().collect();
        specials.sort_unstable();
        let near = specials.into_iter().flat_map(|special| {
            let ratios = ratios(polynomial, &self.facts[special].polynomial);
            ratios
                .into_iter()
                .flat_map(move |[scale, factor]| self.near_to(polynomial, &scale, special, &factor))
        });
        near.collect()
    }

    /// Bounds of a polynomial, a multiple of which is near one of what is known.
    fn near_to(
        &self,
        polynomial: &Polynomial,
        scale: &BigInt,
        special: Fact,
        factor: &BigInt,
    ) -> Vec<Bound> {
        let known = self.facts[special].polynomial.scaled(factor);
        let bounds = self.bounds(&(&polynomial.scaled(scale) - &known));
        let bounds = bounds.into_iter().map(|bound| {
            let evidence = &fact(special).scaled(&(factor * &bound.divisor)) + &bound.evidence;
            let divisor = bound.divisor * scale;
            let interval = self.evaluate(&evidence).exact_quotients(&divisor);
            Bound {
                interval,
                evidence,
                divisor,
            }
        });
        bounds.collect()
    }

    /// What is known of some words of an integer, by what is known of the whole: how much
    /// there is above them follows from the ranges of both, for it is an integer.
    fn by_words_above(&mut self, words: &Rc<Polynomial>, mut known: Fact) -> Fact {
        let mut specials: Vec<_> = self.special.values().copied().collect();
        specials.sort_unstable();
        for special in specials {
            let whole = self.facts[special].polynomial.clone();
            let difference = &*whole - &**words;
            let constant = Polynomial::constant(difference.coefficient(&[]));
            let Some((above, weight)) = multiple_of_words(&(&difference - &constant)) else {
                continue;
            };
            let bound = self.bound(&whole);
            let whole = &fact(self.meet(special, bound)) - &constant;
            let counted = self.settle(&above, &(&whole - &fact(known)), &weight);
            let bound = self.bound(&above);
            let counted = self.meet(counted, bound);
            if let Some(value) = self.facts[counted].interval.as_point() {
                let zero = Rc::new(&*above - &Polynomial::constant(value.clone()));
                let none = &fact(counted) - &Polynomial::constant(value);
                let zero = self.settle(&zero, &none, &one());
                self.equalities.push(zero);
            }
            let rest = &whole - &fact(counted).scaled(&weight);
            let found = self.settle(words, &rest, &one());
            known = self.meet(known, found);
        }
        known
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
        let wrong = wrong.take(4).map(|(monomial, coefficient)| {
            let variables = monomial.iter().map(|variable| self.describe(*variable));
            format!("{coefficient:#x} times {:?}", variables.collect::<Vec<_>>())
        });
        Err(format!(
            "not congruent: {}",
            wrong.collect::<Vec<_>>().join(" + ")
        ))
    }

    /// What a variable is, for people to read.
    pub(super) fn describe(&self, variable: u32) -> String {
        let known = &self.variables[variable as usize];
        let interval = self.interval_of(known.range);
        let (low, high) = (&interval.low, &interval.high);
        match &known.definition {
            None => format!("x{variable} in {low:#x}..={high:#x}"),
            Some(definition) => {
                let root = definition.root.terms();
                let root = root.map(|(monomial, c)| format!("{c:#x} {monomial:?}"));
                let root = root.collect::<Vec<_>>().join(" + ");
                format!(
                    "x{variable} in {low:#x}..={high:#x}, ({root}) >> {}",
                    definition.bits
                )
            }
        }
    }
}

/// A polynomial that is not a constant, divided by the greatest power of two that goes, and that
/// power, if it is a word's or more.
fn multiple_of_words(polynomial: &Polynomial) -> Option<(Rc<Polynomial>, BigInt)> {
    let valuations = polynomial.terms().filter_map(|(_, c)| c.trailing_zeros());
    let bits = valuations.min().filter(|bits| *bits >= 64)?;
    let weight = power(bits as u32);
    Some((Rc::new(polynomial.divided(&weight)?), weight))
}

/// Powers of two that make terms of two polynomials nearly equal.
fn ratios(polynomial: &Polynomial, other: &Polynomial) -> BTreeSet<[BigInt; 2]> {
    let mut ratios = BTreeSet::from([[one(), one()]]);
    for (monomial, theirs) in other.terms().filter(|(monomial, _)| !monomial.is_empty()) {
        let ours = polynomial.coefficient(monomial);
        if ours != BigInt::ZERO {
            let (ours, theirs) = (ours.bits() as u32, theirs.bits() as u32);
            let common = ours.min(theirs);
            ratios.insert([power(theirs - common), power(ours - common)]);
        }
    }
    ratios
}
