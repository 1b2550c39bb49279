//! How logic and the entries of tables are written.

use super::{
    Term,
    arena::{Arena, Atom},
};

impl Arena {
    /// What is done to the bits of a conjunction or a disjunction, done to its parts.
    pub(super) fn distributed(
        &mut self,
        term: Term,
        each: impl Fn(&mut Self, Term) -> Term,
    ) -> Option<Term> {
        let atom = self.alone(term)?;
        let (parts, combine): (_, fn(&mut Self, Term, Term) -> Term) = match &*atom {
            Atom::All(parts) => (parts, Self::and),
            Atom::Any(parts) => (parts, Self::or),
            _ => return None,
        };
        let mut word = None;
        for part in parts {
            let part = each(self, *part);
            word = Some(match word {
                None => part,
                Some(word) => combine(self, word, part),
            });
        }
        word
    }

    /// Whether no bit can be in both.
    pub(super) fn disjoint(&self, a: Term, b: Term) -> bool {
        let below = |a: Term, b: Term| {
            let lowest = self.form(b).valuation();
            lowest == 64 || self.bound(a).is_some_and(|bound| bound >> lowest == 0)
        };
        below(a, b) || below(b, a)
    }

    /// The bits in both.
    pub(super) fn and(&mut self, a: Term, b: Term) -> Term {
        if a == Term::UNKNOWN || b == Term::UNKNOWN {
            return Term::UNKNOWN;
        }
        match (self.value(a), self.value(b)) {
            (Some(mask), _) => return self.masked(b, mask),
            (_, Some(mask)) => return self.masked(a, mask),
            _ if a == b => return a,
            _ => (),
        }
        for (mask, word) in [(a, b), (b, a)] {
            if let Some(truth) = self.as_mask(mask) {
                return self.product(truth, word);
            }
        }
        if self.disjoint(a, b) {
            return self.number(0);
        }
        let terms = self.flattened(a, b, |atom| match atom {
            Atom::All(terms) => Some(terms.clone()),
            _ => None,
        });
        self.term_of(Atom::All(terms))
    }

    /// The operands of a commutative and associative operation, in their order.
    pub(super) fn flattened(
        &self,
        a: Term,
        b: Term,
        parts: impl Fn(&Atom) -> Option<Box<[Term]>>,
    ) -> Box<[Term]> {
        let mut terms = Vec::new();
        for term in [a, b] {
            match self.alone(term).as_deref().and_then(&parts) {
                Some(parts) => terms.extend(parts),
                None => terms.push(term),
            }
        }
        terms.sort_unstable();
        terms.dedup();
        terms.into()
    }

    /// The bits of a constant mask: those of each of its runs of ones.
    pub(super) fn masked(&mut self, term: Term, mask: u64) -> Term {
        if let Some((word, bits)) = self.shifted.get(&term).copied() {
            let kept = self.masked(word, mask >> bits);
            return self.scaled(kept, 1 << bits);
        }
        let mut sum = self.number(0);
        let mut first = 0;
        while first < 64 && mask >> first != 0 {
            first += (mask >> first).trailing_zeros();
            let length = (mask >> first).trailing_ones();
            let run = if length == 1 {
                self.bit(first, term)
            } else {
                let shifted = self.shr(first, term);
                self.low(length, shifted)
            };
            sum = self.sum(sum, 1 << first, run);
            first += length;
        }
        sum
    }

    /// The bits in either.
    pub(super) fn or(&mut self, a: Term, b: Term) -> Term {
        if a == Term::UNKNOWN || b == Term::UNKNOWN {
            return Term::UNKNOWN;
        }
        if a == b {
            return a;
        }
        let constant = self.value(a).is_some() || self.value(b).is_some();
        let mask = self.as_mask(a).is_some() || self.as_mask(b).is_some();
        if constant || mask || self.disjoint(a, b) {
            let both = self.and(a, b);
            let sum = self.sum(a, 1, b);
            return self.sum(sum, u64::MAX, both);
        }
        if let Some(truth) = self.truth_in(a, b) {
            let no = [a, b].map(|term| self.with_truth(truth, 0, term));
            let yes = [a, b].map(|term| self.with_truth(truth, 1, term));
            let (no, yes) = (self.or(no[0], no[1]), self.or(yes[0], yes[1]));
            let truth = self.alone_of(truth);
            let difference = self.sum(yes, u64::MAX, no);
            let product = self.product(truth, difference);
            return self.sum(no, 1, product);
        }
        let terms = self.flattened(a, b, |atom| match atom {
            Atom::Any(terms) => Some(terms.clone()),
            _ => None,
        });
        self.term_of(Atom::Any(terms))
    }

    /// The bits in one but not the other.
    pub(super) fn xor(&mut self, a: Term, b: Term) -> Term {
        if a == Term::UNKNOWN || b == Term::UNKNOWN {
            return Term::UNKNOWN;
        }
        let both = self.and(a, b);
        let sum = self.sum(a, 1, b);
        let word = self.sum(sum, u64::MAX - 1, both);
        self.differences.entry(word).or_insert((a, b));
        word
    }

    /// The entry of a table that the low bits name.
    pub(super) fn pick(&mut self, index: Term, table: &[u64]) -> Term {
        if index == Term::UNKNOWN {
            return index;
        }
        let index = self.low(table.len().trailing_zeros(), index);
        match self.value(index) {
            Some(index) => self.number(table[index as usize]),
            None if table.iter().all(|entry| *entry == table[0]) => self.number(table[0]),
            None => {
                let table = self.table(table);
                self.term_of(Atom::Pick(index, table))
            }
        }
    }

    /// The word of truth values, one in each bit.
    pub(super) fn packed(&mut self, truths: [Term; 16]) -> Term {
        // A truth that is not followed is any.
        let truths = truths.map(|truth| match truth {
            Term::UNKNOWN => {
                let any = self.arbitrary();
                self.bit(0, any)
            }
            _ => truth,
        });
        let values = truths.map(|truth| self.value(truth));
        let known: Option<u64> = (0..)
            .zip(values)
            .map(|(place, value)| value.map(|value| value << place))
            .sum();
        match known {
            Some(value) => self.number(value),
            None => self.term_of(Atom::Packed(truths)),
        }
    }
}
