//! Elements with operators, so that a formula reads as its paper has it.
//!
//! Factors are multiplied by reference: a multiplication may be a call, and what is called wants
//! an address. Each operator is the field's function, inlined.

use core::ops::{Add, Mul, Sub};

use super::{Field, Gf25519, GfP256};
use crate::{integer::Integer, isa::Isa};

type Mask<F> = <<F as Field>::Isa as Isa>::Mask;

/// An operand of multiplications.
#[derive(Clone, Copy)]
pub(crate) struct Factor<F: Field>(pub(crate) F::Factor);

/// The result of a multiplication; an operand of additions and subtractions.
#[derive(Clone, Copy)]
pub(crate) struct Product<F: Field>(pub(crate) F::Product);

/// A sum of products, of either sign, of at most 32 terms.
#[derive(Clone, Copy)]
pub(crate) struct Sum<F: GfP256>(pub(crate) F::Sum);

impl<F: Field> Mul for &Factor<F> {
    type Output = Product<F>;

    #[inline(always)]
    fn mul(self, other: Self) -> Product<F> {
        Product(F::mul(&self.0, &other.0))
    }
}

impl<F: Field> Add for Product<F> {
    type Output = Factor<F>;

    #[inline(always)]
    fn add(self, other: Self) -> Factor<F> {
        Factor(F::add(&self.0, &other.0))
    }
}

impl<F: Field> Sub for Product<F> {
    type Output = Factor<F>;

    #[inline(always)]
    fn sub(self, other: Self) -> Factor<F> {
        Factor(F::sub(&self.0, &other.0))
    }
}

impl<F: GfP256> Add for Sum<F> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        Self(F::plus(&self.0, &other.0))
    }
}

impl<F: GfP256> Sub for Sum<F> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        Self(F::minus(&self.0, &other.0))
    }
}

impl<F: Field> Factor<F> {
    /// `a^2`.
    #[inline(always)]
    pub(crate) fn square(&self) -> Product<F> {
        Product(F::square(&self.0))
    }

    /// `a^(2^count)`.
    #[inline(always)]
    pub(crate) fn square_times(&self, count: usize) -> Self {
        let mut result = *self;
        for _ in 0..count {
            result = result.square().carry();
        }
        result
    }

    /// `1 / a`, and 0 for 0.
    #[inline(always)]
    pub(crate) fn invert(&self) -> Self {
        Self(F::invert(&self.0))
    }

    /// The lanes that hold zero.
    #[inline(always)]
    pub(crate) fn is_zero(&self) -> Mask<F> {
        F::is_zero(&self.0)
    }

    /// `a` in the lanes of the mask, `b` in the others.
    #[inline(always)]
    pub(crate) fn select(mask: &Mask<F>, a: &Self, b: &Self) -> Self {
        Self(F::select(mask, &a.0, &b.0))
    }

    /// The elements as integers below the prime.
    #[inline(always)]
    pub(crate) fn to_integers(self) -> <F::Isa as Isa>::Integers {
        F::to_integers(&self.0)
    }
}

impl<F: GfP256> Factor<F> {
    /// `a b - c d`, as one term.
    #[inline(always)]
    pub(crate) fn mul_sub(a: &Self, b: &Self, c: &Self, d: &Self) -> Sum<F> {
        Sum(F::mul_sub(&a.0, &b.0, &c.0, &d.0))
    }

    /// `a b - c^2`, as one term.
    #[inline(always)]
    pub(crate) fn mul_sub_square(a: &Self, b: &Self, c: &Self) -> Sum<F> {
        Sum(F::mul_sub_square(&a.0, &b.0, &c.0))
    }
}

impl<F: Field> Product<F> {
    /// The same element in every lane, from an integer below the prime.
    #[inline(always)]
    pub(crate) fn constant(isa: F::Isa, value: &Integer) -> Self {
        Self(F::constant(isa, value))
    }

    /// Elements from integers below 2^255 (2^255 - 19) or the prime (P-256).
    #[inline(always)]
    pub(crate) fn from_integers(integers: &<F::Isa as Isa>::Integers) -> Self {
        Self(F::from_integers(integers))
    }

    /// The same elements as a factor.
    #[inline(always)]
    pub(crate) fn carry(self) -> Factor<F> {
        Factor(F::carry(&self.0))
    }
}

impl<F: Gf25519> Product<F> {
    /// `a + 121665 b`; 121665 is (A - 2) / 4 of curve25519.
    #[inline(always)]
    pub(crate) fn add_a24_times(self, b: &Factor<F>) -> Factor<F> {
        Factor(F::add_a24_times(&self.0, &b.0))
    }

    /// `-a` in the lanes of the mask, `a` in the others.
    #[inline(always)]
    pub(crate) fn negate_if(self, mask: &Mask<F>) -> Factor<F> {
        Factor(F::negate_if(mask, &self.0))
    }

    /// `a + b - c`.
    #[inline(always)]
    pub(crate) fn add_sub(self, b: Self, c: Self) -> Factor<F> {
        Factor(F::add_sub(&self.0, &b.0, &c.0))
    }

    /// `2 a + b - c`.
    #[inline(always)]
    pub(crate) fn twice_add_sub(self, b: Self, c: Self) -> Factor<F> {
        Factor(F::twice_add_sub(&self.0, &b.0, &c.0))
    }
}

impl<F: GfP256> Product<F> {
    /// The sum of one product.
    #[inline(always)]
    pub(crate) fn sum(self) -> Sum<F> {
        Sum(F::sum(&self.0))
    }

    /// `-a` in the lanes of the mask, `a` in the others.
    #[inline(always)]
    pub(crate) fn sum_negated_if(self, mask: &Mask<F>) -> Sum<F> {
        Sum(F::negate_if(mask, &self.0))
    }
}

impl<F: GfP256> Sum<F> {
    /// `2 a`.
    #[inline(always)]
    pub(crate) fn twice(self) -> Self {
        self + self
    }

    /// `3 a`.
    #[inline(always)]
    pub(crate) fn triple(self) -> Self {
        self.twice() + self
    }

    /// The same elements as a factor.
    #[inline(always)]
    pub(crate) fn reduce(self) -> Factor<F> {
        Factor(F::reduce(&self.0))
    }
}
