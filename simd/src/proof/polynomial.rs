//! Polynomials in several variables with integer coefficients: exact, and nothing is rounded or
//! guessed. An identity in the field of a prime holds if the prime divides every coefficient.

use std::{collections::BTreeMap, iter, ops};

use num_bigint::{BigInt, BigUint};

/// The most variables of a polynomial.
const VARIABLES: usize = 16;

/// The exponent of each variable, in eight bits of which the highest is kept free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Monomial(u128);

/// A polynomial; no coefficient is zero, so that equal polynomials are the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Polynomial(BTreeMap<Monomial, BigInt>);

impl Monomial {
    const ONE: Self = Self(0);
    const TOO_LARGE: u128 = u128::from_ne_bytes([0x80; VARIABLES]);

    fn times(self, other: Self) -> Self {
        let product = Self(self.0 + other.0);
        assert!(product.0 & Self::TOO_LARGE == 0, "an exponent above 127");
        product
    }

    fn exponent(self, variable: usize) -> u32 {
        (self.0 >> (8 * variable)) as u32 & 0x7f
    }

    /// Without this variable.
    fn without(self, variable: usize) -> Self {
        Self(self.0 & !(0x7f << (8 * variable)))
    }
}

/// A whole number.
pub(super) fn number(value: impl Into<BigInt>) -> Polynomial {
    let mut result = Polynomial::default();
    result.add_term(Monomial::ONE, value.into());
    result
}

/// The first variables.
pub(super) fn variables<const COUNT: usize>() -> [Polynomial; COUNT] {
    const { assert!(COUNT <= VARIABLES) };
    core::array::from_fn(|i| {
        let mut result = Polynomial::default();
        result.add_term(Monomial(1 << (8 * i)), BigInt::from(1));
        result
    })
}

impl Polynomial {
    fn add_term(&mut self, monomial: Monomial, coefficient: BigInt) {
        let sum = self.0.remove(&monomial).unwrap_or_default() + coefficient;
        if sum != BigInt::ZERO {
            self.0.insert(monomial, sum);
        }
    }

    /// To a power.
    pub(super) fn pow(&self, exponent: u32) -> Self {
        iter::repeat_n(self, exponent as usize).fold(number(1), |product, this| product * this)
    }

    /// Whether the prime divides every coefficient: then it is zero wherever it is evaluated.
    pub(super) fn vanishes_modulo(&self, prime: &BigUint) -> bool {
        let prime = BigInt::from(prime.clone());
        self.0.values().all(|value| value % &prime == BigInt::ZERO)
    }

    /// With the square of a variable, which a curve gives, put in its place as often as it occurs.
    pub(super) fn with_square(&self, variable: usize, square: &Self) -> Self {
        self.with_square_over(variable, square, &number(1))
    }

    /// With `numerator / denominator` in place of the square of a variable, and the whole times
    /// the power of the denominator that makes it a polynomial.
    pub(super) fn with_square_over(
        &self,
        variable: usize,
        numerator: &Self,
        denominator: &Self,
    ) -> Self {
        let halves = |monomial: &Monomial| monomial.exponent(variable) / 2;
        let most = self.0.keys().map(halves).max().unwrap_or(0);
        let mut parts = vec![Self::default(); most as usize + 1];
        for (monomial, coefficient) in &self.0 {
            let odd = Monomial(u128::from(monomial.exponent(variable) % 2) << (8 * variable));
            let rest = monomial.without(variable).times(odd);
            parts[halves(monomial) as usize].add_term(rest, coefficient.clone());
        }
        // Horner's rule, from the highest power on.
        let mut powers = number(1);
        let mut result = Self::default();
        for part in parts.iter().rev() {
            result = result * numerator + part * &powers;
            powers = powers * denominator;
        }
        result
    }
}

impl ops::Add for &Polynomial {
    type Output = Polynomial;
    fn add(self, other: Self) -> Polynomial {
        let mut sum = self.clone();
        for (monomial, coefficient) in &other.0 {
            sum.add_term(*monomial, coefficient.clone());
        }
        sum
    }
}

impl ops::Sub for &Polynomial {
    type Output = Polynomial;
    fn sub(self, other: Self) -> Polynomial {
        let mut difference = self.clone();
        for (monomial, coefficient) in &other.0 {
            difference.add_term(*monomial, -coefficient);
        }
        difference
    }
}

impl ops::Mul for &Polynomial {
    type Output = Polynomial;
    fn mul(self, other: Self) -> Polynomial {
        let mut product = Polynomial::default();
        for (a, c) in &self.0 {
            for (b, d) in &other.0 {
                product.add_term(a.times(*b), c * d);
            }
        }
        product
    }
}

impl ops::Neg for &Polynomial {
    type Output = Polynomial;
    fn neg(self) -> Polynomial {
        &Polynomial::default() - self
    }
}

/// The operators on values too, so that laws read as they do on paper.
macro_rules! on_values {
    ($($trait:ident $method:ident),*) => {$(
        impl ops::$trait for Polynomial {
            type Output = Polynomial;
            fn $method(self, other: Self) -> Polynomial {
                (&self).$method(&other)
            }
        }
        impl ops::$trait<&Polynomial> for Polynomial {
            type Output = Polynomial;
            fn $method(self, other: &Self) -> Polynomial {
                (&self).$method(other)
            }
        }
        impl ops::$trait<Polynomial> for &Polynomial {
            type Output = Polynomial;
            fn $method(self, other: Polynomial) -> Polynomial {
                self.$method(&other)
            }
        }
        impl ops::$trait<&Polynomial> for i64 {
            type Output = Polynomial;
            fn $method(self, other: &Polynomial) -> Polynomial {
                (&number(self)).$method(other)
            }
        }
        impl ops::$trait<Polynomial> for i64 {
            type Output = Polynomial;
            fn $method(self, other: Polynomial) -> Polynomial {
                (&number(self)).$method(&other)
            }
        }
    )*};
}
on_values!(Add add, Sub sub, Mul mul);

impl ops::Neg for Polynomial {
    type Output = Polynomial;
    fn neg(self) -> Polynomial {
        -&self
    }
}
