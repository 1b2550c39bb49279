//! Replays certificates. This, the models of the instructions, and what records the program's
//! operations are what a proof rests on; nothing that found the certificate is trusted.
//!
//! A term is an *integer*, equal to its polynomial, or a *word*, congruent to it modulo 2^64.
//! A fact is that a polynomial lies in an interval, whatever the inputs in their ranges are;
//! every rule here adds only what follows from the facts before.

use std::collections::HashMap;

use num_bigint::BigInt;

use super::{
    certificate::{Operation, Reason, Rule, Step, Term},
    polynomial::{Interval, Polynomial, power},
};

const WORD: u32 = 64;

/// What is wrong with a certificate.
pub(crate) type Wrong = &'static str;

/// What was checked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checked {
    pub(crate) obligations: usize,
    pub(crate) steps: usize,
}

/// Checks that every run is right, and that the runs are all that there are: where the
/// program or the proof branched, each way that is possible was taken by a run.
pub(crate) fn check(runs: &[Vec<Step>]) -> Result<Checked, Wrong> {
    let mut total = Checked::default();
    let mut branches = Vec::new();
    for run in runs {
        let checked = Run::check(run)?;
        total.obligations += checked.obligations;
        total.steps += run.len();
        branches.push((&run[..], checked.branches));
    }
    let all: Vec<_> = branches.iter().collect();
    covered(&all, 0)?;
    Ok(total)
}

/// A step at which a run could have gone another way.
struct Branch {
    step: usize,
    outcome: bool,
    /// Whether it could have been false, and whether true.
    possible: [bool; 2],
}

/// That runs, which agree in all branches before number `depth`, are all that there are.
fn covered(runs: &[&(&[Step], Vec<Branch>)], depth: usize) -> Result<(), Wrong> {
    let (steps, branches) = runs.first().ok_or("a case without a run")?;
    let Some(branch) = branches.get(depth) else {
        return (runs.len() == 1).then_some(()).ok_or("a run twice");
    };
    let before = &steps[..branch.step];
    let here =
        |run: &&&(&[Step], Vec<Branch>)| run.1.get(depth).is_some_and(|b| b.step == branch.step);
    let question = &steps[branch.step];
    if !runs.iter().all(|run| {
        here(&run) && run.0[..branch.step] == *before && ask_the_same(&run.0[branch.step], question)
    }) {
        return Err("runs that differ where there is no branch");
    }
    for outcome in [false, true] {
        let taken = runs.iter().filter(|run| run.1[depth].outcome == outcome);
        let taken: Vec<_> = taken.copied().collect();
        if branch.possible[usize::from(outcome)] || !taken.is_empty() {
            covered(&taken, depth + 1)?;
        }
    }
    Ok(())
}

/// Whether two branches are the same but for the way that was taken.
fn ask_the_same(a: &Step, b: &Step) -> bool {
    match (a, b) {
        (Step::Program(a, reason), Step::Program(b, other)) => {
            (a, &reason.facts, &reason.factors) == (b, &other.facts, &other.factors)
        }
        (
            Step::Deduction(Rule::Case { of, at, .. }),
            Step::Deduction(Rule::Case {
                of: other_of,
                at: other_at,
                ..
            }),
        ) => (of, at) == (other_of, other_at),
        _ => false,
    }
}

#[derive(Clone)]
struct Value {
    polynomial: Polynomial,
    /// An integer rather than a word.
    exact: bool,
}

#[derive(Clone)]
struct Known {
    polynomial: Polynomial,
    interval: Interval,
}

#[derive(Default)]
struct Run {
    terms: Vec<Value>,
    facts: Vec<Known>,
    variables: u32,
    /// What each variable that is an exclusive or is that of.
    xors: HashMap<Polynomial, [Polynomial; 2]>,
    branches: Vec<Branch>,
    obligations: usize,
    /// The facts contradict each other: there is no such case.
    absurd: bool,
}

impl Run {
    fn check(steps: &[Step]) -> Result<Self, Wrong> {
        let mut run = Self::default();
        for (number, step) in steps.iter().enumerate() {
            match step {
                Step::Program(operation, reason) => {
                    let value = run.operation(number, operation, reason)?;
                    run.terms.push(value);
                }
                Step::Deduction(rule) => run.rule(number, rule)?,
                Step::End => {}
            }
            if run.absurd {
                return Ok(run);
            }
        }
        let ended = steps.last() == Some(&Step::End);
        ended.then_some(run).ok_or("a run without an end")
    }

    fn variable(&mut self) -> Polynomial {
        self.variables += 1;
        Polynomial::variable(self.variables - 1)
    }

    fn learn(&mut self, polynomial: Polynomial, interval: Interval) {
        self.absurd |= interval.is_empty();
        self.facts.push(Known {
            polynomial,
            interval,
        });
    }

    fn fact(&self, number: Option<&usize>) -> Result<&Known, Wrong> {
        number
            .and_then(|n| self.facts.get(*n))
            .ok_or("no such fact")
    }

    fn term(&self, number: Term) -> Result<&Value, Wrong> {
        self.terms.get(number).ok_or("no such term")
    }

    fn word(&self, number: Term) -> Result<&Polynomial, Wrong> {
        let term = self.term(number)?;
        (!term.exact)
            .then_some(&term.polynomial)
            .ok_or("not a word")
    }

    /// What is congruent to a polynomial modulo a power of two and, by a fact, in an interval
    /// of as many integers: so it is the remainder.
    fn remainder(
        &self,
        of: &Polynomial,
        bits: u32,
        interval: &Interval,
        fact: Option<&usize>,
    ) -> Result<Polynomial, Wrong> {
        let known = self.fact(fact)?;
        if !known.interval.within(interval) {
            return Err("a remainder out of its range");
        }
        let multiple = (of - &known.polynomial).is_multiple_of(&power(bits));
        multiple
            .then(|| known.polynomial.clone())
            .ok_or("the remainder of something else")
    }

    fn unsigned(&self, word: Term, fact: Option<&usize>) -> Result<Polynomial, Wrong> {
        self.remainder(self.word(word)?, WORD, &Interval::bits(WORD), fact)
    }

    fn operation(
        &mut self,
        step: usize,
        operation: &Operation,
        reason: &Reason,
    ) -> Result<Value, Wrong> {
        let integer = |polynomial| {
            Ok(Value {
                polynomial,
                exact: true,
            })
        };
        let word = |polynomial| {
            Ok(Value {
                polynomial,
                exact: false,
            })
        };
        let nothing = word(Polynomial::default());
        let mut facts = reason.facts.iter();
        match operation {
            Operation::Input(interval) => {
                let input = self.variable();
                self.learn(input.clone(), interval.clone());
                word(input)
            }
            Operation::Given(polynomial, interval) => {
                self.learn(polynomial.clone(), interval.clone());
                word(polynomial.clone())
            }
            Operation::Assume(polynomial, interval) => {
                self.learn(polynomial.clone(), interval.clone());
                nothing
            }
            Operation::Constant(value) => word(Polynomial::constant(value.clone())),
            Operation::Sum(a, b) | Operation::Difference(a, b) | Operation::Product(a, b) => {
                let (a, b) = (self.term(*a)?, self.term(*b)?);
                if a.exact != b.exact {
                    return Err("a word and an integer");
                }
                let polynomial = match operation {
                    Operation::Sum(..) => &a.polynomial + &b.polynomial,
                    Operation::Difference(..) => &a.polynomial - &b.polynomial,
                    _ => &a.polynomial * &b.polynomial,
                };
                Ok(Value {
                    polynomial,
                    exact: a.exact,
                })
            }
            Operation::Low(term, bits) => {
                let term = self.term(*term)?;
                if !term.exact && *bits > WORD {
                    return Err("more bits than a word has");
                }
                integer(self.remainder(
                    &term.polynomial,
                    *bits,
                    &Interval::bits(*bits),
                    facts.next(),
                )?)
            }
            Operation::Signed(term) => {
                let range = Interval::new(-power(WORD - 1), power(WORD - 1) - 1);
                integer(self.remainder(self.word(*term)?, WORD, &range, facts.next())?)
            }
            Operation::Floor(term, bits) => {
                let term = self.term(*term)?;
                if !term.exact {
                    return Err("not an integer");
                }
                let rest = self.remainder(
                    &term.polynomial,
                    *bits,
                    &Interval::bits(*bits),
                    facts.next(),
                )?;
                let quotient = (&term.polynomial - &rest).divided(&power(*bits));
                integer(quotient.ok_or("the remainder of something else")?)
            }
            Operation::Word(term) => {
                let term = self.term(*term)?;
                word(term.polynomial.clone())
            }
            Operation::And(a, b) => word(self.and(*a, *b, reason)?),
            Operation::Or(a, b) => word(self.or(*a, *b, reason)?),
            Operation::Xor(a, b) => word(self.xor(*a, *b, reason)?),
            Operation::IsZero(term) => {
                let value = self.unsigned(*term, facts.next())?;
                let known = self.fact(reason.facts.first())?.interval.clone();
                let (zero, other) = (
                    known.meet(&Interval::point(0)),
                    known.meet(&Interval::new(1, power(WORD))),
                );
                self.branch(step, reason.outcome, [!other.is_empty(), !zero.is_empty()]);
                self.learn(value, if reason.outcome { zero } else { other });
                nothing
            }
            Operation::Branch => {
                self.branch(step, reason.outcome, [true, true]);
                nothing
            }
            Operation::Value(term, polynomial) => {
                let same = self.term(*term)?.polynomial == *polynomial;
                if same { nothing } else { Err("another value") }
            }
            Operation::Within(polynomial, interval) => {
                self.within(polynomial.clone(), interval, reason)?;
                nothing
            }
            Operation::TermWithin(term, interval) => {
                self.within(self.term(*term)?.polynomial.clone(), interval, reason)?;
                nothing
            }
            Operation::Multiple(polynomial, modulus) => {
                self.obligations += 1;
                let mut sum = polynomial.clone();
                for (fact, factor) in facts.zip(&reason.factors) {
                    let known = self.fact(Some(fact))?;
                    if known.interval != Interval::point(0) {
                        return Err("not zero");
                    }
                    sum = &sum + &(&known.polynomial * factor);
                }
                if sum.is_multiple_of(modulus) {
                    nothing
                } else {
                    Err("not congruent")
                }
            }
        }
    }

    fn within(
        &mut self,
        polynomial: Polynomial,
        interval: &Interval,
        reason: &Reason,
    ) -> Result<(), Wrong> {
        self.obligations += 1;
        let known = self.fact(reason.facts.first())?;
        let proved = known.polynomial == polynomial && known.interval.within(interval);
        proved.then_some(()).ok_or("out of range")
    }

    fn branch(&mut self, step: usize, outcome: bool, possible: [bool; 2]) {
        self.branches.push(Branch {
            step,
            outcome,
            possible,
        });
    }

    fn and(&mut self, a: Term, b: Term, reason: &Reason) -> Result<Polynomial, Wrong> {
        let (x, y) = (self.word(a)?, self.word(b)?);
        if x == y {
            return Ok(x.clone());
        }
        if [x, y].contains(&&Polynomial::default()) {
            return Ok(Polynomial::default());
        }
        let (value, mask) = if y.as_constant().is_some() {
            (x, y)
        } else {
            (y, x)
        };
        let mask = mask.as_constant().map(|mask| mask & (power(WORD) - 1));
        if let Some([from, to]) = mask.as_ref().and_then(ones) {
            // The bits below `to`, less those below `from`.
            let low = |bits, fact| self.remainder(value, bits, &Interval::bits(bits), fact);
            let below_to = low(to, reason.facts.first())?;
            return match from {
                0 => Ok(below_to),
                _ => Ok(&below_to - &low(from, reason.facts.get(1))?),
            };
        }
        let (x, y) = (
            self.unsigned(a, reason.facts.first())?,
            self.unsigned(b, reason.facts.get(1))?,
        );
        let both = self.variable();
        for difference in [both.clone(), &x - &both, &y - &both] {
            self.learn(difference, Interval::bits(WORD));
        }
        Ok(both)
    }

    fn or(&mut self, a: Term, b: Term, reason: &Reason) -> Result<Polynomial, Wrong> {
        if let [fact] = &reason.facts[..] {
            let known = self.fact(Some(fact))?;
            let (x, y) = (self.word(a)?, self.word(b)?);
            let other = if known.polynomial == *x { y } else { x };
            let bits = known.interval.high.bits();
            let low = bits <= u64::from(WORD) && known.interval.low >= BigInt::ZERO;
            // One is below a power of two, of which the other is a multiple.
            let apart = low && other.is_multiple_of(&power(bits as u32));
            let sum = x + y;
            return (apart && sum == other + &known.polynomial)
                .then_some(sum)
                .ok_or("bits in both");
        }
        let (x, y) = (
            self.unsigned(a, reason.facts.first())?,
            self.unsigned(b, reason.facts.get(1))?,
        );
        let either = self.variable();
        for difference in [
            either.clone(),
            &either - &x,
            &either - &y,
            &(&x + &y) - &either,
        ] {
            self.learn(difference, Interval::bits(WORD));
        }
        Ok(either)
    }

    fn xor(&mut self, a: Term, b: Term, reason: &Reason) -> Result<Polynomial, Wrong> {
        let (x, y) = (self.word(a)?, self.word(b)?);
        if x == y {
            return Ok(Polynomial::default());
        }
        for (one, other) in [(x, y), (y, x)] {
            if *other == Polynomial::default() {
                return Ok(one.clone());
            }
            match self.xors.get(one) {
                Some([p, q]) if q == other => return Ok(p.clone()),
                Some([p, q]) if p == other => return Ok(q.clone()),
                _ => {}
            }
        }
        let (p, q) = (
            self.unsigned(a, reason.facts.first())?,
            self.unsigned(b, reason.facts.get(1))?,
        );
        let xor = self.variable();
        let (sum, difference) = (&p + &q, &p - &q);
        self.learn(xor.clone(), Interval::bits(WORD));
        for bound in [&sum - &xor, &xor - &difference, &xor + &difference] {
            self.learn(bound, Interval::bits(WORD + 1));
        }
        // Zero where the words are equal.
        let square = (&difference * &difference).shifted(WORD);
        self.learn(&square - &xor, Interval::bits(4 * WORD));
        self.xors.insert(xor.clone(), [p, q]);
        Ok(xor)
    }

    fn rule(&mut self, step: usize, rule: &Rule) -> Result<(), Wrong> {
        match rule {
            Rule::Quotient(of, bits) => {
                let multiple = self.variable().shifted(*bits);
                self.learn(of - &multiple, Interval::bits(*bits));
            }
            Rule::Linear {
                terms,
                constant,
                divisor,
            } => {
                let mut polynomial = Polynomial::constant(constant.clone());
                let mut interval = Interval::point(constant.clone());
                for (coefficient, fact) in terms {
                    let known = self.fact(Some(fact))?;
                    polynomial.add_scaled(&known.polynomial, coefficient);
                    interval = interval.plus(&known.interval.scaled(coefficient));
                }
                if *divisor < BigInt::from(1) {
                    return Err("not a divisor");
                }
                let quotient = polynomial
                    .divided(divisor)
                    .ok_or("a quotient with a remainder")?;
                self.learn(quotient, interval.exact_quotients(divisor));
            }
            Rule::Product(a, b) => {
                let (a, b) = (self.fact(Some(a))?, self.fact(Some(b))?);
                self.learn(&a.polynomial * &b.polynomial, a.interval.times(&b.interval));
            }
            Rule::Meet(a, b) => {
                let (a, b) = (self.fact(Some(a))?, self.fact(Some(b))?);
                if a.polynomial != b.polynomial {
                    return Err("facts about two things");
                }
                self.learn(a.polynomial.clone(), a.interval.meet(&b.interval));
            }
            Rule::Rewrite(term, fact) => {
                let known = self.fact(Some(fact))?.clone();
                let term = self.terms.get_mut(*term).ok_or("no such term")?;
                if known.interval != Interval::point(0) {
                    return Err("not zero");
                }
                term.polynomial = &term.polynomial - &known.polynomial;
            }
            Rule::Case { of, at, above } => {
                let known = self.fact(Some(of))?.clone();
                let below = Interval::new(known.interval.low.clone(), at - 1).meet(&known.interval);
                let rest =
                    Interval::new(at.clone(), known.interval.high.clone()).meet(&known.interval);
                self.branch(step, *above, [!below.is_empty(), !rest.is_empty()]);
                self.learn(known.polynomial, if *above { rest } else { below });
            }
        }
        Ok(())
    }
}

/// From which bit to which the ones of a mask stand, if they stand together.
fn ones(mask: &BigInt) -> Option<[u32; 2]> {
    let from = mask.trailing_zeros()? as u32;
    let to = mask.bits() as u32;
    let together = *mask == power(to) - power(from);
    (together && to <= WORD).then_some([from, to])
}
