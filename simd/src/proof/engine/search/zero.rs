//! What follows from a word being zero, or not.

use std::rc::Rc;

use num_bigint::BigInt;

use super::{
    super::{
        certificate::{Fact, Reason, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Evidence, Search,
    facts::fact,
    one,
};

/// A term that was found to be zero, or not.
pub(super) struct Pending {
    term: Term,
    outcome: bool,
    /// What it is the logical or of, with what each weighs in an integer.
    limbs: Vec<(Term, BigInt)>,
}

/// A limb, and the two that it is the exclusive or of; else it is compared with zero.
struct Compared {
    limb: Term,
    of: Option<[Term; 2]>,
}

impl Search {
    pub(super) fn is_zero(&mut self, term: Term) -> Reason {
        let known = self.split(term, 64).remainder;
        let polynomial = self.facts[known].polynomial.clone();
        let bound = self.bound(&polynomial);
        let known = self.meet(known, bound);
        let (polynomial, interval) = (
            self.facts[known].polynomial.clone(),
            self.facts[known].interval.clone(),
        );
        let zero = interval.meet(&Interval::point(0));
        let other = interval.meet(&Interval::new(1, power(64)));
        let mut limbs = Vec::new();
        self.excess(term, &mut limbs);
        let limbs = self.weights(limbs);
        let outcome = self.choose([!other.is_empty(), !zero.is_empty()]);
        let learnt = self.learn(polynomial, if outcome { zero } else { other });
        self.facts_met(known, learnt);
        self.pending = Some(Pending {
            term,
            outcome,
            limbs,
        });
        Reason {
            facts: vec![known],
            outcome,
            ..Reason::default()
        }
    }

    /// What else follows from the last branch.
    pub(super) fn follow(&mut self) {
        let Some(Pending {
            term,
            outcome,
            limbs,
        }) = self.pending.take()
        else {
            return;
        };
        let compared = self.compared(term);
        if outcome {
            self.zero(term);
            if compared.is_empty() {
                self.limbs_zero(limbs);
            }
            self.all_zero(&compared);
            return;
        }
        let Some(total) = self.total(&compared) else {
            self.limbs_not_zero(term, limbs);
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
            let rest = or.bounds.map_or(other, |bounds| bounds.no_less[i]);
            let polynomial = self.nodes[part].polynomial.clone();
            let none = self.settle(&polynomial, &(&fact(zero) - &fact(rest)), &one());
            let known = self.range(part);
            let met = self.meet(known, none);
            self.nodes[part].parts = fact(met);
            self.zero(part);
        }
    }

    /// The integer that limbs make up is not zero, if their logical or is not.
    fn limbs_not_zero(&mut self, term: Term, limbs: Vec<(Term, BigInt)>) {
        let excess = self.excess(term, &mut Vec::new());
        let known = self.range(term);
        let mut evidence = &fact(known) + &excess;
        let mut total = Polynomial::default();
        for (leaf, weight) in limbs {
            let limb = self.range(leaf);
            evidence.add_scaled(&fact(limb), &(&weight - 1));
            total.add_scaled(&self.nodes[leaf].polynomial, &weight);
        }
        let known = self.settle(&Rc::new(total), &evidence, &one());
        self.make_special(known);
    }

    /// The integer that limbs make up is zero, if they are.
    fn limbs_zero(&mut self, limbs: Vec<(Term, BigInt)>) {
        let (mut evidence, mut total) = (Evidence::default(), Polynomial::default());
        for (leaf, weight) in limbs {
            let limb = self.range(leaf);
            evidence.add_scaled(&fact(limb), &weight);
            total.add_scaled(&self.nodes[leaf].polynomial, &weight);
        }
        let known = self.settle(&Rc::new(total), &evidence, &one());
        self.make_special(known);
        self.equalities.push(known);
    }

    /// Limbs with what they weigh, each of as many bits as it has at most.
    fn weights(&mut self, limbs: Vec<Term>) -> Vec<(Term, BigInt)> {
        let mut weight = one();
        let weighted = limbs.into_iter().map(|limb| {
            let known = self.range(limb);
            let before = weight.clone();
            weight <<= self.facts[known].interval.high.bits();
            (limb, before)
        });
        weighted.collect()
    }

    /// What a term is the logical or of, and how much less it is than their sum.
    fn excess(&self, term: Term, leaves: &mut Vec<Term>) -> Evidence {
        let Some(or) = &self.nodes[term].or_of else {
            leaves.push(term);
            return Evidence::default();
        };
        let mut excess = or
            .bounds
            .map_or_else(Evidence::default, |bounds| fact(bounds.no_more));
        for part in or.parts {
            excess = &excess + &self.excess(part, leaves);
        }
        excess
    }

    /// The limbs of which a term says whether any differ, if it says that.
    fn compared(&self, term: Term) -> Vec<Compared> {
        let mut leaves = Vec::new();
        self.excess(term, &mut leaves);
        leaves.retain(|leaf| *self.nodes[*leaf].polynomial != Polynomial::default());
        let compared = |leaf: &Term| Compared {
            limb: *leaf,
            of: self.xors.get(&self.nodes[*leaf].polynomial).copied(),
        };
        let compared: Vec<_> = leaves.iter().map(compared).collect();
        match compared.iter().any(|compared| compared.of.is_some()) {
            true => compared,
            false => Vec::new(),
        }
    }

    /// How many bits each limb of those compared has, but for the last.
    fn limb_bits(&mut self, compared: &[Compared]) -> u32 {
        let but_last = compared.len().saturating_sub(1);
        let terms = compared[..but_last]
            .iter()
            .flat_map(|limb| limb.of.unwrap_or([limb.limb; 2]));
        let bits = terms.map(|term| {
            let known = self.range(term);
            self.facts[known].interval.high.bits() as u32
        });
        bits.max().unwrap_or(0)
    }

    /// The difference of the integers that limbs make up: limbs are equal exactly if these
    /// are.
    fn total(&mut self, compared: &[Compared]) -> Option<Rc<Polynomial>> {
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

    /// From limbs' exclusive ors being zero, that the integers are equal.
    fn all_zero(&mut self, compared: &[Compared]) {
        let Some(total) = self.total(compared) else {
            return;
        };
        let bits = self.limb_bits(compared);
        let mut evidence = Evidence::default();
        for (i, limb) in compared.iter().enumerate() {
            let zero = self.range(limb.limb);
            let equal = match limb.of {
                None => zero,
                Some(_) => {
                    // It is no less than the difference, either way.
                    let difference = Rc::new(self.difference(limb));
                    let first = self.variable_of(limb);
                    let above = self.settle(&difference, &(&fact(zero) - &fact(first + 2)), &one());
                    let below = self.settle(&difference, &(&fact(first + 3) - &fact(zero)), &one());
                    self.meet(above, below)
                }
            };
            evidence.add_scaled(&fact(equal), &power(bits * i as u32));
        }
        let known = self.settle(&total, &evidence, &one());
        if self.facts[known].interval == Interval::point(0) {
            self.make_special(known);
            self.equalities.push(known);
        }
    }

    /// The fact about the variable that an exclusive or is: others follow it, that it is no
    /// more than the sum, no less than the difference, either way, nor than nothing where the
    /// square of that is nothing.
    fn variable_of(&self, compared: &Compared) -> Fact {
        let limb = &self.nodes[compared.limb].polynomial;
        let variable = limb.terms().next().expect("a variable").0[0];
        self.variables[variable as usize].range
    }

    fn difference(&self, compared: &Compared) -> Polynomial {
        match compared.of {
            Some([a, b]) => &*self.nodes[a].polynomial - &*self.nodes[b].polynomial,
            None => (*self.nodes[compared.limb].polynomial).clone(),
        }
    }

    /// From integers being equal, that all their limbs are: the lowest first.
    fn all_equal(&mut self, compared: &[Compared], mut total: Fact) {
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
    fn no_difference(&mut self, compared: &Compared, equal: Fact) {
        let limb = self.nodes[compared.limb].polynomial.clone();
        let known = self.range(compared.limb);
        let none = match compared.of {
            None => equal,
            Some(_) => {
                let square = (&fact(equal) * &fact(equal)).shifted(64);
                let range = self.variable_of(compared);
                self.settle(&limb, &(&square - &fact(range + 4)), &one())
            }
        };
        let none = self.meet(known, none);
        self.nodes[compared.limb].parts = fact(none);
    }

    /// Finds that a term that is not zero is.
    fn contradict(&mut self, term: Term) {
        let polynomial = self.nodes[term].polynomial.clone();
        let mut leaves = Vec::new();
        let mut evidence = &Evidence::default() - &self.excess(term, &mut leaves);
        for leaf in leaves {
            let range = self.range(leaf);
            evidence = &evidence + &fact(range);
        }
        let (known, none) = (
            self.range(term),
            self.settle(&polynomial, &evidence, &one()),
        );
        self.meet(known, none);
    }
}
