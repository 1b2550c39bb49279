//! A vector of field elements: what the curve arithmetic is written over.

use crate::{integer::Integer, isa::Isa};

#[cfg(test)]
pub(crate) mod big;
pub(crate) mod gf25519;
pub(crate) mod gfp256;
pub(crate) mod inversion;
#[cfg(test)]
pub(crate) mod limits;
pub(crate) mod operators;
pub(crate) mod rows;
#[cfg(test)]
mod tests;

/// Vectors of elements of one prime field on one instruction set.
///
/// Two types hold an element, so that each instruction set carries where it costs
/// least and the compiler sees that no step is forgotten:
/// a [`Factor`](Self::Factor) may be multiplied, a [`Product`](Self::Product) may
/// be added to and subtracted from another product. Multiplying factors gives a
/// product; adding products gives a factor.
pub(crate) trait Field: Copy {
    /// The instruction set.
    type Isa: Isa;
    /// An operand of multiplications.
    type Factor: Copy;
    /// The result of a multiplication; an operand of additions and subtractions.
    type Product: Copy;

    /// The same element in every lane, from an integer below the prime.
    fn constant(isa: Self::Isa, value: &Integer) -> Self::Product;
    /// Elements from integers below 2^255 (2^255 - 19) or the prime (P-256).
    fn from_integers(integers: &<Self::Isa as Isa>::Integers) -> Self::Product;
    /// The elements as integers below the prime.
    fn to_integers(element: &Self::Factor) -> <Self::Isa as Isa>::Integers;

    /// `a b`.
    fn mul(a: &Self::Factor, b: &Self::Factor) -> Self::Product;
    /// `a^2`.
    fn square(a: &Self::Factor) -> Self::Product;
    /// The same elements as a factor.
    fn carry(a: &Self::Product) -> Self::Factor;
    /// `a + b`.
    fn add(a: &Self::Product, b: &Self::Product) -> Self::Factor;
    /// `a - b`.
    fn sub(a: &Self::Product, b: &Self::Product) -> Self::Factor;

    /// `a` in the lanes of the mask, `b` in the others.
    fn select(mask: &<Self::Isa as Isa>::Mask, a: &Self::Factor, b: &Self::Factor) -> Self::Factor;
    /// `1 / a`, and 0 for 0.
    fn invert(a: &Self::Factor) -> Self::Factor;
    /// The lanes that hold zero.
    fn is_zero(a: &Self::Factor) -> <Self::Isa as Isa>::Mask;
}

/// What the formulas of curve25519 need besides the field operations.
pub(crate) trait Gf25519: Field {
    /// `a + 121665 b`; 121665 is (A - 2) / 4 of curve25519.
    fn add_a24_times(a: &Self::Product, b: &Self::Factor) -> Self::Factor;
    /// `-a` in the lanes of the mask, `a` in the others.
    fn negate_if(mask: &<Self::Isa as Isa>::Mask, a: &Self::Product) -> Self::Factor;
    /// `a + b - c`.
    fn add_sub(a: &Self::Product, b: &Self::Product, c: &Self::Product) -> Self::Factor;
    /// `2 a + b - c`.
    fn twice_add_sub(a: &Self::Product, b: &Self::Product, c: &Self::Product) -> Self::Factor;
}

/// What the formulas of P-256 need besides the field operations: sums of several
/// products, carried only once. A sum may have up to 32 terms; a multiple counts as
/// many times.
pub(crate) trait GfP256: Field {
    /// A sum of products, of either sign.
    type Sum: Copy;

    /// The sum of one product.
    fn sum(a: &Self::Product) -> Self::Sum;
    /// `a + b`, with the terms of both.
    fn plus(a: &Self::Sum, b: &Self::Sum) -> Self::Sum;
    /// `a - b`, with the terms of both.
    fn minus(a: &Self::Sum, b: &Self::Sum) -> Self::Sum;
    /// `-a` in the lanes of the mask, `a` in the others.
    fn negate_if(mask: &<Self::Isa as Isa>::Mask, a: &Self::Product) -> Self::Sum;
    /// The same elements as a factor.
    fn reduce(a: &Self::Sum) -> Self::Factor;

    /// `a b - c d`, as one term.
    fn mul_sub(a: &Self::Factor, b: &Self::Factor, c: &Self::Factor, d: &Self::Factor)
    -> Self::Sum;
    /// `a b - c^2`, as one term.
    fn mul_sub_square(a: &Self::Factor, b: &Self::Factor, c: &Self::Factor) -> Self::Sum;
}

/// The windows of a comb: multiples of the base point in `COORDINATES`
/// coordinates, read by a secret index.
pub(crate) trait CombField<const COORDINATES: usize>: Field {
    /// One coordinate of all entries of a window.
    type Column: 'static;

    /// The windows, the one of least weight first.
    fn windows() -> &'static [[Self::Column; COORDINATES]];

    /// The entry that each lane asks for, to be multiplied. Reads the whole column.
    fn lookup(column: &Self::Column, index: &<Self::Isa as Isa>::Index) -> Self::Factor;
}
