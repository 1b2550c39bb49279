//! Polynomials with integer coefficients, and intervals of integers.

use std::{collections::BTreeMap, ops};

use num_bigint::BigInt;
use num_integer::Integer as _;

/// A product of variables, in their order; a variable may stand there several times.
pub(crate) type Monomial = Vec<u32>;

/// `2^exponent`.
pub(crate) fn power(exponent: u32) -> BigInt {
    BigInt::from(1) << exponent
}

/// A polynomial with integer coefficients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Polynomial(
    /// The coefficient of each monomial: none is zero.
    BTreeMap<Monomial, BigInt>,
);

impl Polynomial {
    pub(crate) fn constant(value: impl Into<BigInt>) -> Self {
        let mut polynomial = Self::default();
        polynomial.add_term(&[], value.into());
        polynomial
    }

    pub(crate) fn variable(variable: u32) -> Self {
        let mut polynomial = Self::default();
        polynomial.add_term(&[variable], BigInt::from(1));
        polynomial
    }

    /// The sum of polynomials, each times 2 to a power.
    pub(crate) fn weighted<'a>(terms: impl IntoIterator<Item = (&'a Self, u32)>) -> Self {
        let mut sum = Self::default();
        for (polynomial, exponent) in terms {
            sum.add_scaled(polynomial, &power(exponent));
        }
        sum
    }

    /// Every monomial with its coefficient.
    pub(crate) fn terms(&self) -> impl Iterator<Item = (&Monomial, &BigInt)> {
        self.0.iter()
    }

    /// The coefficient of a monomial.
    pub(crate) fn coefficient(&self, monomial: &[u32]) -> BigInt {
        self.0.get(monomial).cloned().unwrap_or_default()
    }

    pub(crate) fn add_term(&mut self, monomial: &[u32], coefficient: BigInt) {
        if let Some(known) = self.0.get_mut(monomial) {
            *known += coefficient;
            if *known == BigInt::ZERO {
                self.0.remove(monomial);
            }
        } else if coefficient != BigInt::ZERO {
            self.0.insert(monomial.to_vec(), coefficient);
        }
    }

    pub(crate) fn add_scaled(&mut self, other: &Self, scale: &BigInt) {
        for (monomial, coefficient) in &other.0 {
            self.add_term(monomial, coefficient * scale);
        }
    }

    pub(crate) fn scaled(&self, scale: &BigInt) -> Self {
        let mut result = Self::default();
        result.add_scaled(self, scale);
        result
    }

    /// Times `2^bits`.
    pub(crate) fn shifted(&self, bits: u32) -> Self {
        self.scaled(&power(bits))
    }

    /// The value, if there is no variable.
    pub(crate) fn as_constant(&self) -> Option<BigInt> {
        match self.0.len() {
            0 => Some(BigInt::ZERO),
            1 => self.0.get(&Vec::new()).cloned(),
            _ => None,
        }
    }

    /// Whether every coefficient is a multiple.
    pub(crate) fn is_multiple_of(&self, modulus: &BigInt) -> bool {
        self.0.values().all(|c| c.is_multiple_of(modulus))
    }

    /// The quotient by an integer, if every coefficient is a multiple of it.
    pub(crate) fn divided(&self, divisor: &BigInt) -> Option<Self> {
        let divided = self.0.iter().map(|(m, c)| (m.clone(), c / divisor));
        self.is_multiple_of(divisor)
            .then(|| Self(divided.collect()))
    }
}

impl ops::Add for &Polynomial {
    type Output = Polynomial;

    fn add(self, other: &Polynomial) -> Polynomial {
        let mut sum = self.clone();
        sum.add_scaled(other, &BigInt::from(1));
        sum
    }
}

impl ops::Sub for &Polynomial {
    type Output = Polynomial;

    fn sub(self, other: &Polynomial) -> Polynomial {
        let mut difference = self.clone();
        difference.add_scaled(other, &BigInt::from(-1));
        difference
    }
}

impl ops::Mul for &Polynomial {
    type Output = Polynomial;

    fn mul(self, other: &Polynomial) -> Polynomial {
        let mut product = Polynomial::default();
        for (a, c) in &self.0 {
            for (b, d) in &other.0 {
                let mut monomial = [&a[..], &b[..]].concat();
                monomial.sort_unstable();
                product.add_term(&monomial, c * d);
            }
        }
        product
    }
}

/// The integers from `low` to `high`, both included; none, if `high` is less.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) low: BigInt,
    pub(crate) high: BigInt,
}

impl Interval {
    pub(crate) fn new(low: impl Into<BigInt>, high: impl Into<BigInt>) -> Self {
        let (low, high) = (low.into(), high.into());
        Self { low, high }
    }

    /// From 0 to `2^bits - 1`.
    pub(crate) fn bits(bits: u32) -> Self {
        Self::new(0, power(bits) - 1)
    }

    /// From 0 to `limit - 1`.
    pub(crate) fn below(limit: impl Into<BigInt>) -> Self {
        Self::new(0, limit.into() - 1)
    }

    /// One integer.
    pub(crate) fn point(value: impl Into<BigInt>) -> Self {
        let value = value.into();
        Self::new(value.clone(), value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.high < self.low
    }

    pub(crate) fn within(&self, other: &Self) -> bool {
        other.low <= self.low && self.high <= other.high
    }

    pub(crate) fn as_point(&self) -> Option<BigInt> {
        (self.low == self.high).then(|| self.low.clone())
    }

    /// The integers in both.
    pub(crate) fn meet(&self, other: &Self) -> Self {
        let low = (&self.low).max(&other.low).clone();
        Self::new(low, (&self.high).min(&other.high).clone())
    }

    /// The sums of an integer of each.
    pub(crate) fn plus(&self, other: &Self) -> Self {
        Self::new(&self.low + &other.low, &self.high + &other.high)
    }

    /// The products of an integer of each lie here.
    pub(crate) fn times(&self, other: &Self) -> Self {
        let ends = [
            &self.low * &other.low,
            &self.low * &other.high,
            &self.high * &other.low,
            &self.high * &other.high,
        ];
        let low = ends.iter().min().expect("there are four").clone();
        Self::new(low, ends.into_iter().max().expect("there are four"))
    }

    /// The multiples lie here.
    pub(crate) fn scaled(&self, by: &BigInt) -> Self {
        self.times(&Self::point(by.clone()))
    }

    /// The integers whose multiple by a positive divisor is here.
    pub(crate) fn exact_quotients(&self, divisor: &BigInt) -> Self {
        Self::new(self.low.div_ceil(divisor), self.high.div_floor(divisor))
    }

    /// The quotients by `2^bits`, rounded down.
    pub(crate) fn floor(&self, bits: u32) -> Self {
        Self::new(&self.low >> bits, &self.high >> bits)
    }
}
