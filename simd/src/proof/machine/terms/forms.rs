//! Sums of monomials.

use super::{
    Term,
    arena::{Arena, Atom, Monomial},
};

/// More terms than this a product is not written out to.
const MOST_TERMS: usize = 2048;

/// A sum; the monomials in their order, no coefficient zero.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Form {
    pub(super) terms: Vec<(Monomial, u64)>,
    pub(super) constant: u64,
}

impl Form {
    pub(super) fn number(constant: u64) -> Self {
        Self {
            terms: Vec::new(),
            constant,
        }
    }

    pub(super) fn of(monomial: Monomial, coefficient: u64) -> Self {
        Self {
            terms: vec![(monomial, coefficient)],
            constant: 0,
        }
    }

    /// Adds a multiple of another.
    pub(super) fn add(&mut self, scale: u64, other: &Self) {
        self.constant = self
            .constant
            .wrapping_add(other.constant.wrapping_mul(scale));
        if let [(monomial, coefficient)] = other.terms[..] {
            return self.add_term(monomial, coefficient.wrapping_mul(scale));
        }
        let mut sum = Vec::with_capacity(self.terms.len() + other.terms.len());
        let (mut left, mut right) = (&self.terms[..], &other.terms[..]);
        loop {
            let (next, coefficient) = match (left, right) {
                ([], []) => break,
                ([(a, c), rest @ ..], [(b, d), others @ ..]) if a == b => {
                    (left, right) = (rest, others);
                    (*a, c.wrapping_add(d.wrapping_mul(scale)))
                }
                ([(a, c), rest @ ..], [(b, _), ..]) if a < b => {
                    left = rest;
                    (*a, *c)
                }
                ([(a, c), rest @ ..], []) => {
                    left = rest;
                    (*a, *c)
                }
                (_, [(b, d), others @ ..]) => {
                    right = others;
                    (*b, d.wrapping_mul(scale))
                }
            };
            if coefficient != 0 {
                sum.push((next, coefficient));
            }
        }
        self.terms = sum;
    }

    pub(super) fn add_term(&mut self, monomial: Monomial, coefficient: u64) {
        match self
            .terms
            .binary_search_by_key(&monomial, |(monomial, _)| *monomial)
        {
            Ok(place) => {
                let sum = self.terms[place].1.wrapping_add(coefficient);
                if sum == 0 {
                    self.terms.remove(place);
                } else {
                    self.terms[place].1 = sum;
                }
            }
            Err(_) if coefficient == 0 => (),
            Err(place) => self.terms.insert(place, (monomial, coefficient)),
        }
    }

    /// The largest power of two that divides all coefficients; 64 for zero.
    pub(super) fn valuation(&self) -> u32 {
        let terms = self
            .terms
            .iter()
            .map(|(_, coefficient)| coefficient.trailing_zeros());
        let constant = self.constant.trailing_zeros();
        terms.chain([constant]).min().unwrap_or(64)
    }

    /// Divided by a power of two that divides all coefficients.
    pub(super) fn halved(&self, times: u32) -> Self {
        let half = |(monomial, coefficient): &(Monomial, u64)| (*monomial, coefficient >> times);
        Self {
            terms: self.terms.iter().map(half).collect(),
            constant: self.constant >> times,
        }
    }
}

impl Arena {
    pub(super) fn input(&mut self, name: u64) -> Term {
        self.term_of(Atom::Input(name))
    }

    /// An input that none has named.
    pub(super) fn arbitrary(&mut self) -> Term {
        self.unnamed -= 1;
        self.input(self.unnamed)
    }

    pub(super) fn number(&mut self, value: u64) -> Term {
        self.intern(Form::number(value))
    }

    pub(super) fn value(&self, term: Term) -> Option<u64> {
        let form = self.form(term);
        (term != Term::UNKNOWN && form.terms.is_empty()).then_some(form.constant)
    }

    /// `a + scale b`.
    pub(super) fn sum(&mut self, a: Term, scale: u64, b: Term) -> Term {
        if a == Term::UNKNOWN || b == Term::UNKNOWN {
            return Term::UNKNOWN;
        }
        if self.value(b) == Some(0) {
            return a;
        }
        let mut form = (*self.form(a)).clone();
        form.add(scale, &self.form(b));
        self.settled(form, 64)
    }

    pub(super) fn scaled(&mut self, term: Term, scale: u64) -> Term {
        let zero = self.number(0);
        if scale == 0 {
            zero
        } else {
            self.sum(zero, scale, term)
        }
    }

    /// The product with a number. A word that is shifted to the left is remembered: the rules may
    /// write the result so that it is no longer seen.
    fn multiple(&mut self, term: Term, by: u64) -> Term {
        let word = self.scaled(term, by);
        if by.is_power_of_two() && by > 1 && self.value(word).is_none() {
            let shifted = (term, by.trailing_zeros());
            self.shifted.entry(word).or_insert(shifted);
        }
        word
    }

    /// The product modulo 2^64.
    pub(super) fn product(&mut self, a: Term, b: Term) -> Term {
        match (self.value(a), self.value(b)) {
            (Some(value), _) => return self.multiple(b, value),
            (_, Some(value)) => return self.multiple(a, value),
            _ if a == Term::UNKNOWN || b == Term::UNKNOWN => return Term::UNKNOWN,
            _ => (),
        }
        let (left, right) = (self.form(a), self.form(b));
        if left.terms.len() * right.terms.len() > MOST_TERMS {
            return self.term_of(Atom::Product(a.min(b), a.max(b)));
        }
        let mut form = Form::number(left.constant.wrapping_mul(right.constant));
        for (monomial, coefficient) in &left.terms {
            form.add_term(*monomial, coefficient.wrapping_mul(right.constant));
        }
        for (monomial, coefficient) in &right.terms {
            form.add_term(*monomial, coefficient.wrapping_mul(left.constant));
            for (other, factor) in &left.terms {
                let merged = self.merged(*monomial, *other);
                form.add_term(merged, coefficient.wrapping_mul(*factor));
            }
        }
        self.settled(form, 64)
    }

    /// The word of a form of which only the low bits are asked for, after the rules for that:
    /// coefficients are modulo 2^`bits`, and what is multiplied by so much that its high bits
    /// do not matter is written without what would clear them.
    pub(super) fn settled(&mut self, mut form: Form, bits: u32) -> Term {
        let mask = if bits < 64 { (1 << bits) - 1 } else { u64::MAX };
        loop {
            form.constant &= mask;
            for (_, coefficient) in &mut form.terms {
                *coefficient &= mask;
            }
            form.terms.retain(|(_, coefficient)| *coefficient != 0);
            let rule = (0..form.terms.len()).find_map(|place| {
                let (monomial, coefficient) = form.terms[place];
                let rule = self.rewritten(monomial, coefficient.trailing_zeros(), bits)?;
                Some((place, coefficient, rule))
            });
            let Some((place, coefficient, (quotient, other))) = rule else {
                return self.intern(form);
            };
            form.terms.remove(place);
            form.add(coefficient >> quotient, &self.form(other));
        }
    }

    /// What 2^`factor` times a monomial is, modulo 2^`bits`, if that is written otherwise: a
    /// word times 2^`factor` divided by the power of two that is named first.
    fn rewritten(&mut self, monomial: Monomial, factor: u32, bits: u32) -> Option<(u32, Term)> {
        if factor == 0 && bits == 64 {
            return None;
        }
        let atoms = self.monomials[monomial as usize].atoms.clone();
        for (place, atom) in atoms.iter().enumerate() {
            let Some((quotient, word)) = self.rewritten_atom(*atom, factor, bits) else {
                continue;
            };
            // Written out, a product of sums would have more terms than before.
            let truths = || atoms.iter().filter(|other| *other != atom);
            let few = if truths().all(|other| self.numbered(*other).is_truth()) {
                3
            } else {
                1
            };
            if atoms.len() > 1 && self.form(word).terms.len() > few {
                continue;
            }
            let mut product = word;
            for (other, atom) in atoms.iter().enumerate() {
                if other != place {
                    let atom = self.alone_of(*atom);
                    product = self.product(product, atom);
                }
            }
            return Some((quotient, product));
        }
        None
    }

    /// The same of an atom.
    fn rewritten_atom(&mut self, atom: u32, factor: u32, bits: u32) -> Option<(u32, Term)> {
        match *self.numbered(atom) {
            // The bits that were cleared do not matter.
            Atom::Low(kept, term) if kept + factor >= bits => Some((0, term)),
            // 2^k floor(x / 2^k) is x less its low bits.
            Atom::Shr(count, term) | Atom::Sar(count, term) if factor >= count => {
                let low = self.low(count, term);
                Some((count, self.sum(term, u64::MAX, low)))
            }
            // So where floor(x / 2^k) is one bit.
            Atom::Bit(place, term)
                if factor >= place
                    && place > 0
                    && self.bound(term).is_some_and(|bound| bound >> place == 1) =>
            {
                let low = self.low(place, term);
                Some((place, self.sum(term, u64::MAX, low)))
            }
            // Half a word times 2^32 is a word less its other half: so is a product by a constant
            // put together, where there are none of 64 bits.
            Atom::Shr(count, term) if factor >= 32 => {
                let shifted = self.shr(count - 32, term);
                let low = self.low(32, shifted);
                Some((32, self.sum(shifted, u64::MAX, low)))
            }
            // The sign does not matter.
            Atom::Sar(count, term) if 64 - count + factor >= bits => {
                Some((0, self.shr(count, term)))
            }
            _ => None,
        }
    }
}
