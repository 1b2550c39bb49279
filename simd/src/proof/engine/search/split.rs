//! Quotients by powers of two, and remainders.

use std::rc::Rc;

use num_bigint::BigInt;
use num_integer::Integer as _;

use super::{
    super::{
        certificate::{Fact, Rule, Term},
        polynomial::{Interval, Polynomial, power},
    },
    Definition, Evidence, Search, Variable,
    facts::fact,
    nodes::Node,
    one,
};

/// No more cases than this are told apart.
const CASES: u32 = 4;

/// `floor(x / 2^k)`, where x is known to be a sum of another such quotient and a rest: carries
/// in a row are one quotient.
#[derive(Clone)]
pub(super) struct Chain {
    /// x less the quotient.
    pub(super) rest: Polynomial,
    /// What the quotient is of, and by which power.
    pub(super) root: Rc<Polynomial>,
    pub(super) bits: u32,
    /// The root less the multiple of the quotient.
    pub(super) remainder: Fact,
    /// The variable that makes up the quotient.
    pub(super) variable: Option<u32>,
}

impl Chain {
    /// A quotient alone.
    fn of(root: Rc<Polynomial>, bits: u32, remainder: Fact, variable: Option<u32>) -> Self {
        let rest = Polynomial::default();
        Self {
            rest,
            root,
            bits,
            remainder,
            variable,
        }
    }
}

/// A quotient and a remainder.
#[derive(Clone)]
pub(super) struct Split {
    pub(super) quotient: Rc<Polynomial>,
    /// That the remainder, which is what this speaks of, lies where it must.
    pub(super) remainder: Fact,
    /// The quotient as the last of a row of carries; none if it is told apart by cases.
    pub(super) chain: Option<Chain>,
    /// Whether the quotient is -1 or 0 because the term is that near to zero.
    pub(super) is_sign: bool,
}

impl Search {
    /// The quotient of a term by `2^bits`, and the remainder.
    pub(super) fn split(&mut self, term: Term, bits: u32) -> Split {
        let polynomial = self.nodes[term].polynomial.clone();
        let key = (polynomial.clone(), bits);
        if let Some(split) = self.splits.get(&key) {
            return split.clone();
        }
        let split = self.split_anew(term, &polynomial, bits);
        self.splits.insert(key, split.clone());
        split
    }

    fn split_anew(&mut self, term: Term, polynomial: &Rc<Polynomial>, bits: u32) -> Split {
        let node = self.nodes[term].clone();
        if let Some(split) = self.below_high(&node, bits) {
            return split;
        }
        if let Some(high) = node.high.filter(|high| high.bits <= bits) {
            let inner = self.split(high.term, bits - high.bits);
            let mut evidence = fact(inner.remainder).shifted(high.bits);
            if let Some(low) = high.low {
                evidence = &evidence + &fact(low);
            }
            return self.finish(polynomial, bits, inner.quotient, &evidence);
        }
        if let Some((whole, of)) = node.low_of.filter(|(_, of)| bits < *of) {
            let (inner, sign) = (self.split(whole, bits), self.split(whole, of).quotient);
            let quotient = &*inner.quotient - &sign.shifted(of - bits);
            return self.finish(polynomial, bits, Rc::new(quotient), &fact(inner.remainder));
        }
        // floor((y + floor(x / 2^j)) / 2^k) is floor((2^j y + x) / 2^(j + k)).
        let counts_in = |chain: &Chain| {
            let variable = chain.variable.map(|variable| [variable]);
            variable.is_some_and(|variable| chain.rest.coefficient(&variable) != BigInt::ZERO)
        };
        let chain = node.chain.filter(|chain| !counts_in(chain));
        let (root, whole, below) = match &chain {
            Some(chain) => (
                Rc::new(&chain.rest.shifted(chain.bits) + &*chain.root),
                chain.bits + bits,
                Some((chain.bits, chain.remainder)),
            ),
            None => (polynomial.clone(), bits, None),
        };
        let range = self.quick_range(term);
        let mut quotients = range.floor(bits);
        if quotients.as_point().is_none() {
            let known = self.range(term);
            quotients = self.facts[known].interval.floor(bits);
        }
        if let Some(quotient) = quotients.as_point() {
            let known = self
                .range_within(term, &range)
                .unwrap_or_else(|_| self.range(term));
            let quotient = Polynomial::constant(quotient);
            let evidence = &fact(known) - &quotient.shifted(bits);
            let mut split = self.finish(polynomial, bits, Rc::new(quotient), &evidence);
            if !node.is_product {
                let mut evidence = fact(split.remainder);
                if let Some((bits, remainder)) = below {
                    evidence = &evidence.shifted(bits) + &fact(remainder);
                }
                let remainder = self.root_rest(&root, whole, &split.quotient, &evidence);
                split.chain = Some(Chain::of(root, whole, remainder, None));
            }
            return split;
        }
        if below.is_none()
            && let Some(split) = self.by_sign(term, polynomial, bits)
        {
            return split;
        }
        let (quotient, evidence) = self.root_quotient(&root, whole);
        let rest = self.root_rest(&root, whole, &quotient, &evidence);
        let evidence = match below {
            // 2^j (x - 2^k q) is what is left of the root, less what is left of its part.
            Some((_, remainder)) => &fact(rest) - &fact(remainder),
            None => fact(rest),
        };
        let divisor = power(below.map_or(0, |(bits, _)| bits));
        let remainder = {
            let rest = Rc::new(&**polynomial - &quotient.shifted(bits));
            self.settle(&rest, &evidence, &divisor)
        };
        self.narrow(term, bits, &quotient, remainder);
        if quotient.as_constant().is_none()
            && self.hints.cases_from.is_some_and(|from| from <= whole)
            && let Some(split) =
                self.by_cases(polynomial, bits, &quotient, remainder, (&root, whole, rest))
        {
            return split;
        }
        let variable = quotient
            .terms()
            .filter_map(|(m, _)| m.first().copied())
            .max();
        let mut split = self.finish(polynomial, bits, Rc::new(quotient), &fact(remainder));
        if !node.is_product {
            split.chain = Some(Chain::of(root, whole, rest, variable));
        }
        split
    }

    /// Where the part below another term's multiple has no more than so many bits, that is the
    /// remainder.
    fn below_high(&mut self, node: &Node, bits: u32) -> Option<Split> {
        let high = node.high.as_ref().filter(|high| high.bits > bits)?;
        let low = high.low?;
        if !self.interval_of(low).within(&Interval::bits(bits)) {
            return None;
        }
        let above = self.nodes[high.term].polynomial.shifted(high.bits - bits);
        Some(self.finish(&node.polynomial, bits, Rc::new(above), &fact(low)))
    }

    fn quick_range(&self, term: Term) -> Interval {
        let node = &self.nodes[term];
        self.evaluate(&node.parts).meet(&self.evaluate(&node.atoms))
    }

    fn finish(
        &mut self,
        polynomial: &Polynomial,
        bits: u32,
        quotient: Rc<Polynomial>,
        evidence: &Evidence,
    ) -> Split {
        let rest = Rc::new(polynomial - &quotient.shifted(bits));
        let remainder = self.settle(&rest, evidence, &one());
        Split {
            quotient,
            remainder,
            chain: None,
            is_sign: false,
        }
    }

    /// The quotient of a term that lies between `-2^k` and `2^k - 1` for some `k < bits`: -1 or
    /// 0, whatever the power.
    fn by_sign(&mut self, term: Term, polynomial: &Rc<Polynomial>, bits: u32) -> Option<Split> {
        let enough = sign_bits(&self.quick_range(term))?;
        if enough >= bits || self.is_seen_as_sign(polynomial, bits) {
            return None;
        }
        let inner = self.split(term, enough);
        let known = self.range(term);
        let evidence = &fact(known) - &fact(inner.remainder);
        let sign = self.settle(&inner.quotient, &evidence, &power(enough));
        let factor = power(bits) - power(enough);
        let evidence = &fact(inner.remainder) - &fact(sign).scaled(&factor);
        let split = self.finish(polynomial, bits, inner.quotient, &evidence);
        Some(Split {
            is_sign: true,
            ..split
        })
    }

    /// Whether that is seen of the polynomial, which is the least root that is congruent.
    fn is_seen_as_sign(&mut self, polynomial: &Rc<Polynomial>, bits: u32) -> bool {
        let known = self.bound(polynomial);
        let enough = sign_bits(&self.facts[known].interval);
        let (multiple, _) = split_multiples(polynomial, bits);
        enough.is_some_and(|enough| enough < bits) && multiple == Polynomial::default()
    }

    /// That what is left of a root lies between 0 and the power of two.
    fn root_rest(
        &mut self,
        root: &Polynomial,
        bits: u32,
        quotient: &Polynomial,
        evidence: &Evidence,
    ) -> Fact {
        let rest = Rc::new(root - &quotient.shifted(bits));
        self.settle(&rest, evidence, &one())
    }

    /// What the range of a term says of its quotient, if that is a variable and a constant.
    fn narrow(&mut self, term: Term, bits: u32, quotient: &Polynomial, remainder: Fact) {
        let variables: Vec<_> = quotient
            .terms()
            .filter_map(|(m, _)| m.first().copied())
            .collect();
        let (Some(newest), known) = (variables.iter().max(), self.range(term)) else {
            return;
        };
        if quotient.coefficient(&[*newest]) != one() {
            return;
        }
        let others = quotient - &Polynomial::variable(*newest);
        let evidence = &(&fact(known) - &fact(remainder)) - &self.natural(&others).shifted(bits);
        let interval = self.evaluate(&evidence).exact_quotients(&power(bits));
        let range = self.latest(self.variables[*newest as usize].range);
        if !self.facts[range].interval.within(&interval) {
            let found = self.settle(
                &Rc::new(Polynomial::variable(*newest)),
                &evidence,
                &power(bits),
            );
            self.meet(range, found);
        }
    }

    /// Tells the values of a quotient apart, if they are few.
    fn by_cases(
        &mut self,
        polynomial: &Polynomial,
        bits: u32,
        quotient: &Polynomial,
        remainder: Fact,
        (root, whole, rest): (&Rc<Polynomial>, u32, Fact),
    ) -> Option<Split> {
        let mut known = self.bound(&Rc::new(quotient.clone()));
        let value = loop {
            let interval = self.facts[known].interval.clone();
            if &interval.high - &interval.low >= BigInt::from(CASES) {
                return None;
            }
            match interval.as_point() {
                Some(value) => break value,
                None => known = self.case(known, &(&interval.low + 1)),
            }
        };
        let evidence = &fact(remainder) + &fact(known).shifted(bits);
        let evidence = &evidence - &Polynomial::constant(&value << bits);
        // The same of the whole root.
        let bound = &fact(rest) + &fact(known).shifted(whole);
        let bound = self.settle(root, &bound, &one());
        self.make_special(bound);
        let value = Rc::new(Polynomial::constant(value));
        Some(self.finish(polynomial, bits, value, &evidence))
    }

    /// Tells apart whether what a fact speaks of is below an integer.
    pub(super) fn case(&mut self, of: Fact, at: &BigInt) -> Fact {
        let of = self.latest(of);
        let known = &self.facts[of];
        let (polynomial, interval) = (known.polynomial.clone(), known.interval.clone());
        let below = Interval::new(interval.low.clone(), at - 1);
        let rest = Interval::new(at.clone(), interval.high.clone());
        let above = self.choose([!below.is_empty(), !rest.is_empty()]);
        let rule = Rule::Case {
            of,
            at: at.clone(),
            above,
        };
        let found = self.deduce(rule, polynomial, if above { rest } else { below });
        self.meet(of, found)
    }

    /// `floor(root / 2^bits)`, and the root less its multiple, as a sum of facts.
    fn root_quotient(&mut self, root: &Rc<Polynomial>, bits: u32) -> (Polynomial, Evidence) {
        let known = self.bound(root);
        match self.facts[known].interval.floor(bits).as_point() {
            Some(quotient) => {
                let quotient = Polynomial::constant(quotient);
                let evidence = &fact(known) - &quotient.shifted(bits);
                (quotient, evidence)
            }
            None => self.canonical(root, bits),
        }
    }

    /// `floor(root / 2^bits)`: a polynomial plus a variable, the same for every way of writing
    /// it that is recognised. And the root less its multiple, as a sum of facts.
    fn canonical(&mut self, root: &Rc<Polynomial>, mut bits: u32) -> (Polynomial, Evidence) {
        let mut multiple = Polynomial::default();
        let mut evidence = Evidence::default();
        let mut dropped = 0;
        let mut root = (**root).clone();
        loop {
            let (more, rest) = split_multiples(&root, bits);
            multiple = &multiple + &more;
            root = rest;
            let Some((drop, low, below)) = self.droppable(&root, bits) else {
                break;
            };
            evidence.add_scaled(&below, &power(dropped));
            root = (&root - &low).divided(&power(drop)).expect("a multiple");
            dropped += drop;
            bits -= drop;
            if bits == 0 {
                return (&multiple + &root, evidence);
            }
        }
        let (quotient, rest) = match self.signs.get(&(root.clone(), bits)) {
            Some((variable, more)) => {
                let definition = self.variables[*variable as usize].definition.as_ref();
                let rest = definition.expect("a quotient is defined").rest;
                (&Polynomial::variable(*variable) - more, rest)
            }
            None => {
                let (variable, rest) = self.quotient(Rc::new(root), bits);
                (Polynomial::variable(variable), rest)
            }
        };
        evidence.add_scaled(&fact(rest), &power(dropped));
        (&multiple + &quotient, evidence)
    }

    /// What lies below some `2^j` does not matter, if the rest is a multiple of that.
    fn droppable(&self, root: &Polynomial, bits: u32) -> Option<(u32, Polynomial, Evidence)> {
        let valuation = |c: &BigInt| c.trailing_zeros().unwrap_or(0) as u32;
        let mut valuations: Vec<_> = root.terms().map(|(_, c)| valuation(c)).collect();
        valuations.retain(|v| (1..bits).contains(v));
        valuations.push(bits);
        valuations.sort_unstable();
        valuations.dedup();
        valuations.into_iter().rev().find_map(|j| {
            let mut low = Polynomial::default();
            for (monomial, coefficient) in root.terms().filter(|(_, c)| valuation(c) < j) {
                low.add_term(monomial, coefficient.clone());
            }
            let below = self.at_hand(&low, &Interval::bits(j))?;
            Some((j, low, below))
        })
    }

    /// The variable that is the quotient of a polynomial, and the fact about what is left.
    fn quotient(&mut self, root: Rc<Polynomial>, bits: u32) -> (u32, Fact) {
        if let Some((inner, below)) = self.borrow(&root) {
            // floor((y + floor(x / 2^j)) / 2^k) is floor((2^j y + x) / 2^(j + k)).
            let (variable, rest) = self.quotient(Rc::new(inner), bits + below.bits);
            let evidence = &fact(rest) - &fact(below.rest);
            let left = left_of(&root, bits, variable);
            return (variable, self.settle(&left, &evidence, &power(below.bits)));
        }
        let known = self.bound(&root);
        let enough = sign_bits(&self.facts[known].interval);
        if let Some(enough) = enough.filter(|enough| *enough < bits) {
            // It is -1 or 0, whatever the power.
            let (variable, rest) = self.new_quotient(root.clone(), enough, known);
            let (multiple, normal) = split_multiples(&root, enough);
            self.signs.insert((normal, enough), (variable, multiple));
            let range = self.variables[variable as usize].range;
            let factor = power(bits) - power(enough);
            let evidence = &fact(rest) - &fact(range).scaled(&factor);
            let left = left_of(&root, bits, variable);
            return (variable, self.settle(&left, &evidence, &one()));
        }
        self.new_quotient(root, bits, known)
    }

    /// A polynomial from which a borrow is taken, as what is left of it and that: the whole is
    /// what was compared.
    pub(super) fn chain_of_borrow(&self, polynomial: &Polynomial) -> Option<Chain> {
        let (variable, definition) = self.borrowed(polynomial)?;
        Some(Chain {
            rest: polynomial - &Polynomial::variable(variable),
            root: definition.root,
            bits: definition.bits,
            remainder: definition.rest,
            variable: Some(variable),
        })
    }

    /// A polynomial with a borrow, as what the whole is a quotient of.
    fn borrow(&self, root: &Polynomial) -> Option<(Polynomial, Definition)> {
        let (variable, definition) = self.borrowed(root)?;
        let rest = root - &Polynomial::variable(variable);
        Some((
            &rest.shifted(definition.bits) + &*definition.root,
            definition,
        ))
    }

    /// The newest variable of a polynomial, if it is a quotient of -1 or 0 that occurs once,
    /// as it is, or the quotient alone.
    fn borrowed(&self, root: &Polynomial) -> Option<(u32, Definition)> {
        let variable = root.terms().filter_map(|(m, _)| m.iter().max()).max()?;
        let known = &self.variables[*variable as usize];
        let definition = known.definition.clone().filter(|d| d.bits > 0)?;
        let is_sign = self.interval_of(known.range).within(&Interval::new(-1, 0));
        let occurs = root.terms().filter(|(m, _)| m.contains(variable)).count();
        let counts = is_sign || root.terms().count() == 1;
        (counts && occurs == 1 && root.coefficient(&[*variable]) == one())
            .then_some((*variable, definition))
    }

    fn new_quotient(&mut self, root: Rc<Polynomial>, bits: u32, whole: Fact) -> (u32, Fact) {
        let key = (root.clone(), bits);
        if let Some(known) = self.quotients.get(&key) {
            let definition = self.variables[*known as usize].definition.as_ref();
            return (*known, definition.expect("a quotient is defined").rest);
        }
        let number = self.variables.len() as u32;
        let variable = Rc::new(Polynomial::variable(number));
        let rest = left_of(&root, bits, number);
        let rule = Rule::Quotient((*root).clone(), bits);
        let rest = self.deduce(rule, rest, Interval::bits(bits));
        let evidence = &fact(whole) - &fact(rest);
        let range = self.settle(&variable, &evidence, &power(bits));
        self.quotients.insert(key, number);
        let definition = Some(Definition { root, bits, rest });
        self.variables.push(Variable { range, definition });
        (number, rest)
    }
}

/// The k of an interval, some of it negative, that lies between `-2^k` and `2^k - 1`.
fn sign_bits(interval: &Interval) -> Option<u32> {
    let lowest: BigInt = &interval.low + 1;
    let bits = lowest.bits().max(interval.high.bits()) as u32;
    (interval.low < BigInt::ZERO).then_some(bits)
}

/// A polynomial less the multiple of its quotient.
fn left_of(root: &Polynomial, bits: u32, quotient: u32) -> Rc<Polynomial> {
    Rc::new(root - &Polynomial::variable(quotient).shifted(bits))
}

/// `(m, rest)` with `polynomial = 2^bits m + rest`, the coefficients of the rest least in
/// absolute value.
fn split_multiples(polynomial: &Polynomial, bits: u32) -> (Polynomial, Polynomial) {
    let (modulus, half) = (power(bits), power(bits) >> 1);
    let mut multiple = Polynomial::default();
    for (monomial, coefficient) in polynomial.terms() {
        let (mut quotient, rest) = coefficient.div_mod_floor(&modulus);
        if rest > half {
            quotient += 1;
        }
        multiple.add_term(monomial, quotient);
    }
    let rest = polynomial - &multiple.shifted(bits);
    (multiple, rest)
}
