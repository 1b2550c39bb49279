//! The field of P-256 in four words of 64 bits, in Montgomery form modulo 2^256.
//!
//! Every value is below the prime.

use super::{Mask, Portable};
use crate::{
    integer::{Integer, add_integers, choose_secretly, sub_integers},
    isa::field::{self, Field},
    modular::gfp256::{PRIME, less_prime, mul_integers, to_montgomery},
};

/// The field on the portable backend.
#[derive(Clone, Copy)]
pub(crate) struct GfP256;

/// An element, below the prime: there is nothing to carry.
#[derive(Clone, Copy)]
pub(crate) struct Element(pub(crate) Integer);

impl Element {
    /// A value of five words, the last given apart, below twice the prime, modulo the prime.
    #[inline]
    fn reduce_once((a, top): (Integer, u64)) -> Self {
        let (reduced, keep) = less_prime(&a, top);
        Self(choose_secretly(keep, &a, &reduced))
    }
}

impl Field for GfP256 {
    type Isa = Portable;
    type Factor = Element;
    type Product = Element;

    #[inline]
    fn constant(_: Portable, value: &Integer) -> Element {
        Element(to_montgomery(value))
    }

    #[inline]
    fn from_integers(integers: &Integer) -> Element {
        Element(to_montgomery(integers))
    }

    #[inline]
    fn to_integers(element: &Element) -> Integer {
        Element::reduce_once(mul_integers(&element.0, &[1, 0, 0, 0])).0
    }

    #[inline]
    fn mul(a: &Element, b: &Element) -> Element {
        Element::reduce_once(mul_integers(&a.0, &b.0))
    }

    #[inline]
    fn square(a: &Element) -> Element {
        Element::reduce_once(mul_integers(&a.0, &a.0))
    }

    #[inline]
    fn carry(a: &Element) -> Element {
        *a
    }

    #[inline]
    fn add(a: &Element, b: &Element) -> Element {
        Element::reduce_once(add_integers(&a.0, &b.0))
    }

    #[inline]
    fn sub(a: &Element, b: &Element) -> Element {
        let (difference, borrow) = sub_integers(&a.0, &b.0);
        let (wrapped, _) = add_integers(&difference, &PRIME);
        Element(choose_secretly(borrow, &wrapped, &difference))
    }

    #[inline]
    fn select(mask: &Mask, a: &Element, b: &Element) -> Element {
        let ([a, b, c, d], [e, f, g, h]) = (a.0, b.0);
        Element([
            mask.select(a, e),
            mask.select(b, f),
            mask.select(c, g),
            mask.select(d, h),
        ])
    }

    #[inline]
    fn invert(a: &Element) -> Element {
        field::gfp256::invert::<Self>(a)
    }

    #[inline]
    fn is_zero(a: &Element) -> Mask {
        Mask::is_zero(a.0[0] | a.0[1] | a.0[2] | a.0[3])
    }
}

impl field::GfP256 for GfP256 {
    type Sum = Element;

    #[inline]
    fn sum(a: &Element) -> Element {
        *a
    }

    #[inline]
    fn plus(a: &Element, b: &Element) -> Element {
        Self::add(a, b)
    }

    #[inline]
    fn minus(a: &Element, b: &Element) -> Element {
        Self::sub(a, b)
    }

    #[inline]
    fn negate_if(mask: &Mask, a: &Element) -> Element {
        Self::select(mask, &Self::sub(&Element([0; 4]), a), a)
    }

    #[inline]
    fn reduce(a: &Element) -> Element {
        *a
    }

    #[inline]
    fn mul_sub(a: &Element, b: &Element, c: &Element, d: &Element) -> Element {
        Self::sub(&Self::mul(a, b), &Self::mul(c, d))
    }

    #[inline]
    fn mul_sub_square(a: &Element, b: &Element, c: &Element) -> Element {
        Self::sub(&Self::mul(a, b), &Self::square(c))
    }
}
