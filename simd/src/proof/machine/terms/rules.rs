//! How shifts, products and comparisons are written.

use super::{
    Term,
    arena::{Arena, Atom},
    forms::Form,
};

impl Arena {
    /// The word again, of which only the low bits are asked for.
    pub(super) fn asked(&mut self, bits: u32, term: Term) -> Term {
        let form = self.form(term);
        self.settled((*form).clone(), bits)
    }

    /// The atom that a word is, if it is one alone.
    pub(super) fn alone(&self, term: Term) -> Option<std::rc::Rc<Atom>> {
        match self.form(term).terms[..] {
            [(monomial, 1)] if self.form(term).constant == 0 => self.as_atom(monomial),
            _ => None,
        }
    }

    /// `term mod 2^bits`.
    pub(super) fn low(&mut self, bits: u32, term: Term) -> Term {
        if bits >= 64 || term == Term::UNKNOWN {
            return term;
        }
        let mask = (1 << bits) - 1;
        if self.bound(term).is_some_and(|bound| bound <= mask) {
            return term;
        }
        let asked = self.asked(bits, term);
        if self.bound(asked).is_some_and(|bound| bound <= mask) {
            return asked;
        }
        if bits == 1 {
            return self.bit(0, asked);
        }
        if let Some(word) = self.by_truths(asked, |arena, term| arena.low(bits, term)) {
            return word;
        }
        if let Some(Atom::Shr(before, inner)) = self.alone(asked).as_deref() {
            // Of the word that was shifted, what lies higher does not matter.
            let (before, inner) = (*before, *inner);
            let less = self.asked((before + bits).min(64), inner);
            if before + bits < 64 && less != inner {
                let shifted = self.shr(before, less);
                return self.low(bits, shifted);
            }
        }
        if let Some(word) = self.distributed(asked, |arena, term| arena.low(bits, term)) {
            return word;
        }
        if let Some(truth) = self.only_truth_in(asked) {
            return self.by_cases(truth, asked, |arena, term| arena.low(bits, term));
        }
        let form = self.form(asked);
        let factor = form.valuation();
        if factor > 0 {
            let halved = self.intern(form.halved(factor));
            let low = self.low(bits - factor, halved);
            return self.scaled(low, 1 << factor);
        }
        self.term_of(Atom::Low(bits, asked))
    }

    /// `floor(term / 2^bits)`.
    pub(super) fn shr(&mut self, bits: u32, term: Term) -> Term {
        if bits == 0 || term == Term::UNKNOWN {
            return term;
        }
        if let Some(value) = self.value(term) {
            return self.number(value >> bits);
        }
        if bits == 63 {
            return self.bit(63, term);
        }
        if let Some(word) = self.by_truths(term, |arena, term| arena.shr(bits, term)) {
            return word;
        }
        if let Some(word) = self.distributed(term, |arena, term| arena.shr(bits, term)) {
            return word;
        }
        let form = self.form(term);
        let factor = form.valuation();
        if factor > 0 {
            let halved = self.intern(form.halved(factor));
            let kept = self.low(64 - factor, halved);
            return match bits.checked_sub(factor) {
                Some(bits) => self.shr(bits, kept),
                None => self.scaled(kept, 1 << (factor - bits)),
            };
        }
        if let Some(bound) = self.bound(term) {
            if bound >> bits == 0 {
                return self.number(0);
            }
            if let Some(quotient) = self.quotient(bits, &form) {
                return quotient;
            }
            if bound >> bits == 1 {
                return self.bit(bits, term);
            }
        }
        match self.alone(term).as_deref() {
            Some(Atom::Shr(before, inner)) => {
                let (count, inner) = (before + bits, *inner);
                if count < 64 {
                    self.shr(count, inner)
                } else {
                    self.number(0)
                }
            }
            Some(Atom::Low(kept, inner)) => {
                let (kept, inner) = (kept - bits, *inner);
                let shifted = self.shr(bits, inner);
                self.low(kept, shifted)
            }
            _ => self.term_of(Atom::Shr(bits, term)),
        }
    }

    /// The quotient of a sum of multiples of 2^bits and what is less, if it is that.
    pub(super) fn quotient(&mut self, bits: u32, form: &Form) -> Option<Term> {
        let power = 1_u64 << bits;
        let (mut high, mut low) = (Form::number(form.constant >> bits), Form::number(0));
        low.constant = form.constant & (power - 1);
        for (monomial, coefficient) in &form.terms {
            if coefficient.trailing_zeros() >= bits {
                high.add_term(*monomial, coefficient >> bits);
            } else {
                low.add_term(*monomial, *coefficient);
            }
        }
        if high.terms.is_empty() && high.constant == 0 {
            return None;
        }
        let low = self.intern(low);
        let nothing_is_left = self.bound(low).is_some_and(|bound| bound >> bits == 0);
        nothing_is_left.then(|| self.settled(high, 64))
    }

    /// The number with a sign, divided by 2^bits and rounded down.
    pub(super) fn sar(&mut self, bits: u32, term: Term) -> Term {
        if bits == 0 || term == Term::UNKNOWN || self.as_mask(term).is_some() {
            return term;
        }
        if let Some(value) = self.value(term) {
            return self.number((value as i64 >> bits) as u64);
        }
        if self.bound(term).is_some_and(|bound| bound >> 63 == 0) {
            return self.shr(bits, term);
        }
        match self.alone(term).as_deref() {
            Some(Atom::Sar(before, inner)) => {
                let (count, inner) = ((before + bits).min(63), *inner);
                self.sar(count, inner)
            }
            _ => self.term_of(Atom::Sar(bits, term)),
        }
    }

    /// `a b mod 2^bits`, of integers without signs.
    pub(super) fn low_product(&mut self, bits: u32, a: Term, b: Term) -> Term {
        if a == Term::UNKNOWN || b == Term::UNKNOWN {
            return Term::UNKNOWN;
        }
        if bits == 64 || self.has_bound(bits, a, b) {
            return self.product(a, b);
        }
        if let (Some(a), Some(b)) = (self.value(a), self.value(b)) {
            return self.number(a.wrapping_mul(b) & ((1 << bits) - 1));
        }
        if self.zeros(a) + self.zeros(b) >= bits {
            return self.number(0);
        }
        self.term_of(Atom::LowProduct(bits, a.min(b), a.max(b)))
    }

    /// `floor(a b / 2^bits)`, of integers without signs.
    pub(super) fn high_product(&mut self, bits: u32, a: Term, b: Term) -> Term {
        if a == Term::UNKNOWN || b == Term::UNKNOWN {
            return Term::UNKNOWN;
        }
        if self.has_bound(bits, a, b) {
            return self.number(0);
        }
        if let (Some(a), Some(b)) = (self.value(a), self.value(b)) {
            return self.number(((u128::from(a) * u128::from(b)) >> bits) as u64);
        }
        self.term_of(Atom::HighProduct(bits, a.min(b), a.max(b)))
    }

    /// How many of the lowest bits are zero, at least.
    pub(super) fn zeros(&self, term: Term) -> u32 {
        let form = self.form(term);
        let of_term = |(monomial, coefficient): &(u32, u64)| {
            let of_atom = match self.as_atom(*monomial).as_deref() {
                Some(Atom::LowProduct(_, a, b)) => [a, b].map(|word| self.form(*word).valuation()),
                _ => [0, 0],
            };
            coefficient.trailing_zeros() + of_atom[0] + of_atom[1]
        };
        let constant = form.constant.trailing_zeros();
        form.terms
            .iter()
            .map(of_term)
            .chain([constant])
            .min()
            .unwrap_or(64)
    }

    pub(super) fn has_bound(&self, bits: u32, a: Term, b: Term) -> bool {
        let [a, b] = [a, b].map(|term| u128::from(self.bound(term).unwrap_or(u64::MAX)));
        (a * b) >> bits == 0
    }

    /// The bit at a place: 0 or 1.
    pub(super) fn bit(&mut self, place: u32, term: Term) -> Term {
        if term == Term::UNKNOWN {
            return term;
        }
        if let Some(truth) = self.as_mask(term) {
            return truth;
        }
        let asked = self.asked(place + 1, term);
        if let Some(value) = self.value(asked) {
            return self.number(value >> place & 1);
        }
        let bound = self.bound(asked).unwrap_or(u64::MAX);
        if bound >> place == 0 {
            return self.number(0);
        }
        if place == 0 && bound <= 1 {
            return asked;
        }
        if let Some(word) = self.by_truths(asked, |arena, term| arena.bit(place, term)) {
            return word;
        }
        let form = self.form(asked);
        let factor = form.valuation();
        if factor > 0 {
            let halved = self.intern(form.halved(factor));
            return match place.checked_sub(factor) {
                Some(place) => self.bit(place, halved),
                None => self.number(0),
            };
        }
        match self.alone(asked).as_deref() {
            Some(Atom::Shr(before, inner)) => {
                let (place, inner) = (place + before, *inner);
                self.bit(place, inner)
            }
            Some(Atom::Sar(before, inner)) => {
                let (place, inner) = ((place + before).min(63), *inner);
                self.bit(place, inner)
            }
            Some(Atom::Packed(truths)) => truths[place as usize],
            _ => self.term_of(Atom::Bit(place, asked)),
        }
    }

    /// 1 for zero, else 0.
    pub(super) fn zero(&mut self, term: Term) -> Term {
        if term == Term::UNKNOWN {
            return term;
        }
        if let Some((a, b)) = self.differences.get(&term).copied() {
            let difference = self.sum(a, u64::MAX, b);
            return self.zero_number(difference);
        }
        self.zero_number(term)
    }

    /// The same, of a word that is not taken apart.
    pub(super) fn zero_number(&mut self, term: Term) -> Term {
        if let Some(value) = self.value(term) {
            return self.number(u64::from(value == 0));
        }
        let form = self.form(term);
        let factor = form.valuation();
        if factor > 0 {
            let halved = self.intern(form.halved(factor));
            let kept = self.low(64 - factor, halved);
            return self.zero_number(kept);
        }
        if let Some(truth) = self.truth_in(term, term) {
            return self.by_cases(truth, term, Self::zero_number);
        }
        if let [(monomial, coefficient)] = form.terms[..]
            && self.monomials[monomial as usize].is_truth
        {
            // Of a truth value t, c t + d is zero for one value of t at most.
            let truth = self.intern(Form::of(monomial, 1));
            let one = self.number(1);
            return match (form.constant, form.constant.wrapping_add(coefficient)) {
                (0, _) => self.sum(one, u64::MAX, truth),
                (_, 0) => truth,
                _ => self.number(0),
            };
        }
        let negative = self.scaled(term, u64::MAX);
        self.term_of(Atom::Zero(term.min(negative)))
    }
}
