//! How each operation is written.

use super::{
    Term,
    arena::{Arena, Atom},
    forms::Form,
};

impl Arena {
    /// The word again, of which only the low bits are asked for.
    fn asked(&mut self, bits: u32, term: Term) -> Term {
        let form = self.form(term);
        self.settled((*form).clone(), bits)
    }

    /// The atom that a word is, if it is one alone.
    fn alone(&self, term: Term) -> Option<std::rc::Rc<Atom>> {
        match self.form(term).terms[..] {
            [(monomial, 1)] if self.form(term).constant == 0 => self.as_atom(monomial),
            _ => None,
        }
    }

    /// The truth value of which a word is the all ones, or zero.
    fn as_mask(&mut self, term: Term) -> Option<Term> {
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

    /// What is done to the bits of a conjunction or a disjunction, done to its parts.
    fn distributed(&mut self, term: Term, each: impl Fn(&mut Self, Term) -> Term) -> Option<Term> {
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
    fn quotient(&mut self, bits: u32, form: &Form) -> Option<Term> {
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
            return self.number((u128::from(a) * u128::from(b) >> bits) as u64);
        }
        self.term_of(Atom::HighProduct(bits, a.min(b), a.max(b)))
    }

    /// How many of the lowest bits are zero, at least.
    fn zeros(&self, term: Term) -> u32 {
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

    fn has_bound(&self, bits: u32, a: Term, b: Term) -> bool {
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
    fn zero_number(&mut self, term: Term) -> Term {
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

    /// The truth values that other atoms of a word are multiplied by.
    fn truths_in(&self, term: Term) -> Vec<u32> {
        let form = self.form(term);
        let mut truths = Vec::new();
        for (monomial, _) in &form.terms {
            let atoms = &self.monomials[*monomial as usize].atoms;
            if atoms.len() > 1 {
                truths.extend(atoms.iter().filter(|atom| self.numbered(**atom).is_truth()));
            }
        }
        truths.sort_unstable();
        truths.dedup();
        truths
    }

    /// The truth value that a word is chosen by, if it is one, and none of the inputs' bits: of
    /// those a scalar has hundreds.
    fn only_truth_in(&self, term: Term) -> Option<u32> {
        let [truth] = self.truths_in(term)[..] else {
            return None;
        };
        match *self.numbered(truth) {
            Atom::Bit(_, word) if self.is_of_bits(word) => None,
            _ => Some(truth),
        }
    }

    /// Whether a word is made of bits of inputs alone.
    fn is_of_bits(&self, term: Term) -> bool {
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
    fn by_truths(
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
    fn truth_in(&self, a: Term, b: Term) -> Option<u32> {
        let first = self.truths_in(a).first().copied();
        first.or_else(|| self.truths_in(b).first().copied())
    }

    /// What is done to a word in both cases of a truth value in it.
    fn by_cases(
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
    fn with_truth(&mut self, truth: u32, value: u64, term: Term) -> Term {
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

    /// Whether no bit can be in both.
    fn disjoint(&self, a: Term, b: Term) -> bool {
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
    fn flattened(
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
    fn masked(&mut self, term: Term, mask: u64) -> Term {
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
