//! Where machine code parts from the source.

use std::collections::BTreeSet;

use super::{
    Term,
    arena::{Arena, Atom},
};

impl Atom {
    /// The words that an atom is of.
    fn parts(&self) -> Vec<Term> {
        match self {
            Self::Input(_) => Vec::new(),
            Self::Low(_, a) | Self::Shr(_, a) | Self::Sar(_, a) | Self::Bit(_, a) => vec![*a],
            Self::Zero(a) | Self::Pick(a, _) => vec![*a],
            Self::LowProduct(_, a, b) | Self::HighProduct(_, a, b) | Self::Product(a, b) => {
                vec![*a, *b]
            }
            Self::All(terms) | Self::Any(terms) => terms.to_vec(),
            Self::Packed(truths) => truths.to_vec(),
        }
    }
}

impl Arena {
    /// The atom that a word is made of and that was the first to be written after a number of
    /// them had been.
    pub(super) fn first_after(&self, term: Term, known: usize) -> Option<u32> {
        let (mut seen, mut work) = (BTreeSet::new(), vec![term]);
        let mut terms = BTreeSet::new();
        while let Some(term) = work.pop() {
            if term == Term::UNKNOWN || !terms.insert(term) {
                continue;
            }
            for (monomial, _) in &self.form(term).terms {
                for atom in self.monomials[*monomial as usize].atoms.iter() {
                    if *atom as usize >= known && seen.insert(*atom) {
                        work.extend(self.numbered(*atom).parts());
                    }
                }
            }
        }
        seen.first().copied()
    }
}
