//! Words that truth values choose, and words by cases.

use super::{
    Term,
    arena::{Arena, Atom},
};

impl Arena {
    /// The truth value of which a word is the all ones, or zero.
    pub(super) fn as_mask(&mut self, term: Term) -> Option<Term> {
        let form = self.form(term);
        let is_truth = |(monomial, _): &(u32, u64)| self.monomials[*monomial as usize].is_truth;
        if form.terms.is_empty() || form.terms.len() > 16 || !form.terms.iter().all(is_truth) {
            return None;
        }
        let atoms = |(monomial, _): &(u32, u64)| self.monomials[*monomial as usize].atoms.to_vec();
        let mut truths: Vec<u32> = form.terms.iter().flat_map(atoms).collect();
        truths.sort_unstable();
        truths.dedup();
        let is_mask = truths.len() <= 4
            && (0..1_u32 << truths.len()).all(|case| {
                let holds = |atom: &u32| {
                    let place = truths.binary_search(atom).unwrap_or(0);
                    case >> place & 1 == 1
                };
                let word =
                    form.terms
                        .iter()
                        .fold(form.constant, |word, (monomial, coefficient)| {
                            let all = self.monomials[*monomial as usize].atoms.iter().all(holds);
                            word.wrapping_add(if all { *coefficient } else { 0 })
                        });
                word == 0 || word == u64::MAX
            });
        is_mask.then(|| self.scaled(term, u64::MAX))
    }

    /// The truth values that other atoms of a word are multiplied by.
    pub(super) fn truths_in(&self, term: Term) -> Vec<u32> {
        let form = self.form(term);
        let mut truths = Vec::new();
        for (monomial, _) in &form.terms {
            let atoms = &self.monomials[*monomial as usize];
            if !atoms.is_truth {
                let all = atoms.atoms.iter();
                truths.extend(all.filter(|atom| self.numbered(**atom).is_truth()));
            }
        }
        truths.sort_unstable();
        truths.dedup();
        truths
    }

    /// The truth value that a word is chosen by, if it is one, and none of the inputs' bits: of
    /// those a scalar has hundreds.
    pub(super) fn only_truth_in(&self, term: Term) -> Option<u32> {
        let [truth] = self.truths_in(term)[..] else {
            return None;
        };
        match *self.numbered(truth) {
            Atom::Bit(_, word) if self.is_of_bits(word) => None,
            _ => Some(truth),
        }
    }

    /// Whether a word is made of bits of inputs alone.
    pub(super) fn is_of_bits(&self, term: Term) -> bool {
        let form = self.form(term);
        let mut atoms = form.terms.iter().flat_map(|(monomial, _)| {
            self.monomials[*monomial as usize]
                .atoms
                .iter()
                .map(|atom| self.numbered(*atom))
        });
        atoms.all(|atom| match &*atom {
            Atom::Input(_) => true,
            Atom::Shr(_, word) | Atom::Low(_, word) | Atom::Bit(_, word) => self.is_of_bits(*word),
            _ => false,
        })
    }

    /// What is done to a word that is made of few truth values alone, in all their cases.
    pub(super) fn by_truths(
        &mut self,
        term: Term,
        each: impl Fn(&mut Self, Term) -> Term + Copy,
    ) -> Option<Term> {
        let form = self.form(term);
        let is_truth = |(monomial, _): &(u32, u64)| self.monomials[*monomial as usize].is_truth;
        if form.terms.is_empty() || form.terms.len() > 16 || !form.terms.iter().all(is_truth) {
            return None;
        }
        let atoms = |(monomial, _): &(u32, u64)| self.monomials[*monomial as usize].atoms.to_vec();
        let mut truths: Vec<u32> = form.terms.iter().flat_map(atoms).collect();
        truths.sort_unstable();
        truths.dedup();
        (truths.len() <= 4).then(|| self.by_cases(truths[0], term, each))
    }

    /// A truth value that one of two words is chosen by.
    pub(super) fn truth_in(&self, a: Term, b: Term) -> Option<u32> {
        let first = self.truths_in(a).first().copied();
        first.or_else(|| self.truths_in(b).first().copied())
    }

    /// What is done to a word in both cases of a truth value in it.
    pub(super) fn by_cases(
        &mut self,
        truth: u32,
        term: Term,
        each: impl Fn(&mut Self, Term) -> Term + Copy,
    ) -> Term {
        let [no, yes] = [0, 1].map(|value| self.with_truth(truth, value, term));
        let (no, yes) = (each(self, no), each(self, yes));
        let truth = self.alone_of(truth);
        let difference = self.sum(yes, u64::MAX, no);
        let product = self.product(truth, difference);
        self.sum(no, 1, product)
    }

    /// A word where a truth value is known.
    pub(super) fn with_truth(&mut self, truth: u32, value: u64, term: Term) -> Term {
        let mut sum = self.number(self.form(term).constant);
        for (monomial, coefficient) in &self.form(term).terms {
            let atoms = self.monomials[*monomial as usize].atoms.clone();
            let is_there = atoms.contains(&truth);
            let mut product = self.number(if is_there { value } else { 1 });
            for atom in atoms.iter().filter(|atom| **atom != truth) {
                let atom = self.alone_of(*atom);
                product = self.product(product, atom);
            }
            sum = self.sum(sum, *coefficient, product);
        }
        sum
    }
}
