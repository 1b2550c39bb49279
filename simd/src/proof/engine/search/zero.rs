//! What follows from a word being zero, or not.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Reason, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Search,
    facts::fact,
    one,
};

impl Search {
    pub(super) fn is_zero(&mut self, term: Term) -> Reason {
        let known = self.split(term, 64).remainder;
        let known = self.latest(known);
        let (polynomial, interval) = (
            self.facts[known].polynomial.clone(),
            self.facts[known].interval.clone(),
        );
        let zero = interval.meet(&Interval::point(0));
        let other = interval.meet(&Interval::new(1, power(64)));
        let outcome = self.choose([!other.is_empty(), !zero.is_empty()]);
        let learnt = self.learn(polynomial, if outcome { zero } else { other });
        self.facts_met(known, learnt);
        self.pending = Some((term, outcome));
        Reason {
            facts: vec![known],
            outcome,
            ..Reason::default()
        }
    }

    /// What else follows from the last branch.
    pub(super) fn follow(&mut self) {
        let Some((term, outcome)) = self.pending.take() else {
            return;
        };
        let compared = self.compared(term);
        if outcome {
            self.zero(term);
            if let Some(total) = self.total(&compared) {
                let known = self.bound(&total);
                self.make_special(known);
                self.equalities.push(known);
            }
            return;
        }
        let Some(total) = self.total(&compared) else {
            return;
        };
        let mut known = self.bound(&total);
        let interval = self.facts[known].interval.clone();
        if interval.high == BigInt::ZERO {
            known = self.case(known, &BigInt::ZERO);
        } else if interval.low == BigInt::ZERO {
            known = self.case(known, &one());
        }
        if self.facts[known].interval == Interval::point(0) {
            self.all_equal(&compared, known);
            // No limb differs, but one does.
            self.contradict(term);
        }
        self.make_special(known);
    }

    /// A term that is zero, and whatever it is the logical or of.
    fn zero(&mut self, term: Term) {
        let zero = self.range(term);
        if self.facts[zero].interval != Interval::point(0) {
            return;
        }
        self.make_special(zero);
        self.equalities.push(zero);
        let Some(or) = self.nodes[term].or_of.clone() else {
            return;
        };
        for (i, part) in or.parts.into_iter().enumerate() {
            let other = self.range(or.parts[1 - i]);
            let rest = or.no_less.map_or(other, |facts| facts[i]);
            let polynomial = self.nodes[part].polynomial.clone();
            let none = self.settle(&polynomial, &(&fact(zero) - &fact(rest)), &one());
            let known = self.range(part);
            let met = self.meet(known, none);
            self.nodes[part].parts = fact(met);
            self.zero(part);
        }
    }

    /// The pairs of terms of which a term says whether any differ, if it says that.
    fn compared(&self, term: Term) -> Vec<[Term; 2]> {
        let node = &self.nodes[term];
        if let Some(pair) = self.xors.get(&node.polynomial) {
            return vec![*pair];
        }
        let parts = node.or_of.iter().flat_map(|or| or.parts);
        parts.flat_map(|part| self.compared(part)).collect()
    }

    /// How many bits each limb of those compared has, but for the last.
    fn limb_bits(&mut self, compared: &[[Term; 2]]) -> u32 {
        let but_last = compared.len().saturating_sub(1);
        let bits = compared.iter().take(but_last).flatten().map(|term| {
            let known = self.range(*term);
            self.facts[known].interval.high.bits() as u32
        });
        bits.max().unwrap_or(0)
    }

    /// The difference of the integers that limbs make up: limbs are equal exactly if these
    /// are.
    fn total(&mut self, compared: &[[Term; 2]]) -> Option<Rc<Polynomial>> {
        if compared.is_empty() {
            return None;
        }
        let bits = self.limb_bits(compared);
        let mut total = Polynomial::default();
        for (i, pair) in compared.iter().enumerate() {
            total.add_scaled(&self.difference(pair), &power(bits * i as u32));
        }
        Some(Rc::new(total))
    }

    fn difference(&self, [a, b]: &[Term; 2]) -> Polynomial {
        &*self.nodes[*a].polynomial - &*self.nodes[*b].polynomial
    }

    /// From integers being equal, that all their limbs are: the lowest first.
    fn all_equal(&mut self, compared: &[[Term; 2]], mut total: Fact) {
        let bits = self.limb_bits(compared);
        for pair in compared {
            let difference = Rc::new(self.difference(pair));
            let whole = self.facts[total].polynomial.clone();
            let known = self.bound(&difference);
            let above = (&*whole - &*difference).divided(&power(bits)).map(Rc::new);
            let Some(above) = above else { return };
            let rest = self.settle(&above, &(&fact(total) - &fact(known)), &power(bits));
            let equal = self.settle(
                &difference,
                &(&fact(total) - &fact(rest).shifted(bits)),
                &one(),
            );
            self.meet(known, equal);
            self.make_special(equal);
            self.no_difference(pair, equal);
            total = rest;
        }
    }

    /// The exclusive or of equal words is zero.
    fn no_difference(&mut self, pair: &[Term; 2], equal: Fact) {
        let xor = self
            .xors
            .iter()
            .find(|(_, of)| *of == pair)
            .map(|(xor, _)| xor.clone());
        let Some(xor) = xor else { return };
        let square = (&fact(equal) * &fact(equal)).shifted(64);
        let variable = xor.terms().next().expect("a variable").0[0];
        let range = self.variables[variable as usize].range;
        // Its facts follow each other: of itself, of what it is no more than, of two that it
        // is no less than, and of the square.
        let none = self.settle(&xor, &(&square - &fact(range + 4)), &one());
        self.meet(range, none);
    }

    /// Finds that a term that is not zero is.
    fn contradict(&mut self, term: Term) {
        let polynomial = self.nodes[term].polynomial.clone();
        let (known, bound) = (self.range(term), self.bound(&polynomial));
        self.meet(known, bound);
    }
}
