//! The bits in both of two words, in either, and in one.

use num_bigint::BigInt;

use super::run::{Run, WORD, Wrong};
use crate::proof::engine::{
    certificate::{Reason, Term},
    polynomial::{Interval, Polynomial, power},
};

impl Run {
    pub(super) fn and(&mut self, a: Term, b: Term, reason: &Reason) -> Result<Polynomial, Wrong> {
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

    pub(super) fn or(&mut self, a: Term, b: Term, reason: &Reason) -> Result<Polynomial, Wrong> {
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

    pub(super) fn xor(&mut self, a: Term, b: Term, reason: &Reason) -> Result<Polynomial, Wrong> {
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
}

/// From which bit to which the ones of a mask stand, if they stand together.
fn ones(mask: &BigInt) -> Option<[u32; 2]> {
    let from = mask.trailing_zeros()? as u32;
    let to = mask.bits() as u32;
    let together = *mask == power(to) - power(from);
    (together && to <= WORD).then_some([from, to])
}
