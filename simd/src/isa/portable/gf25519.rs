//! The field of 2^255 - 19 in five limbs of 51 bits.
//!
//! The range of each limb is in `docs/curve25519.md`.

use super::{Mask, Portable};
use crate::{
    integer::Integer,
    isa::field::{self, Field},
    modular::gf25519::{Limbs, add, add_sub, from_integer, mul, sub, to_integer, twice_add_sub},
};

/// The field on the portable backend.
#[derive(Clone, Copy)]
pub(crate) struct Gf25519;

/// Limbs below 2^54.
#[derive(Clone, Copy)]
pub(crate) struct Factor(pub(crate) Limbs);

/// Limbs below 2^52.
#[derive(Clone, Copy)]
pub(crate) struct Product(pub(crate) Limbs);

impl Field for Gf25519 {
    type Isa = Portable;
    type Factor = Factor;
    type Product = Product;

    #[inline]
    fn constant(_: Portable, value: &Integer) -> Product {
        Product(from_integer(value))
    }

    #[inline]
    fn from_integers(integers: &Integer) -> Product {
        Product(from_integer(integers))
    }

    #[inline]
    fn to_integers(element: &Factor) -> Integer {
        to_integer(&element.0)
    }

    #[inline]
    fn mul(a: &Factor, b: &Factor) -> Product {
        Product(mul(&a.0, &b.0))
    }

    #[inline]
    fn square(a: &Factor) -> Product {
        Product(mul(&a.0, &a.0))
    }

    #[inline]
    fn carry(a: &Product) -> Factor {
        Factor(a.0)
    }

    #[inline]
    fn add(a: &Product, b: &Product) -> Factor {
        Factor(add(&a.0, &b.0))
    }

    #[inline]
    fn sub(a: &Product, b: &Product) -> Factor {
        Factor(sub(&a.0, &b.0))
    }

    #[inline]
    fn select(mask: &Mask, a: &Factor, b: &Factor) -> Factor {
        let ([a, b, c, d, e], [f, g, h, i, j]) = (a.0, b.0);
        Factor([
            mask.select(a, f),
            mask.select(b, g),
            mask.select(c, h),
            mask.select(d, i),
            mask.select(e, j),
        ])
    }

    #[inline]
    fn invert(a: &Factor) -> Factor {
        field::gf25519::invert::<Self>(a)
    }

    #[inline]
    fn is_zero(a: &Factor) -> Mask {
        let integer = to_integer(&a.0);
        Mask::is_zero(integer[0] | integer[1] | integer[2] | integer[3])
    }
}

impl field::Gf25519 for Gf25519 {
    #[inline]
    fn add_a24_times(a: &Product, b: &Factor) -> Factor {
        let product = mul(&b.0, &[121_665, 0, 0, 0, 0]);
        Factor(add(&a.0, &product))
    }

    #[inline]
    fn negate_if(mask: &Mask, a: &Product) -> Factor {
        let negated = Self::sub(&Product([0; 5]), a);
        Self::select(mask, &negated, &Factor(a.0))
    }

    #[inline]
    fn add_sub(a: &Product, b: &Product, c: &Product) -> Factor {
        Factor(add_sub(&a.0, &b.0, &c.0))
    }

    #[inline]
    fn twice_add_sub(a: &Product, b: &Product, c: &Product) -> Factor {
        Factor(twice_add_sub(&a.0, &b.0, &c.0))
    }
}
