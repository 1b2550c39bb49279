//! The field of P-256 in five limbs of 52 bits, in Montgomery form modulo 2^260,
//! eight elements at once.
//!
//! The range of each limb, and the proof, is in `docs/p256.md`; debug builds
//! assert it.

use core::ops::Range;

use super::{
    Avx512Ifma, Mask, Vector,
    limbs::{self, Limbs, clear_carried, join, limbs, multiply, zip},
};
use crate::{
    integer::Integer,
    isa::field::{self, Field, GfP256 as _},
    modular::gfp256::{PRIME, power_of_two},
};

/// The last limb holds the bits from 208 to 255.
const LAST: u64 = (1 << 48) - 1;

/// 2^520 modulo the prime: what takes an integer into Montgomery form.
const R_SQUARED: Integer = power_of_two(520);

/// The field on the AVX-512 IFMA backend.
#[derive(Clone, Copy)]
pub(crate) struct GfP256;

/// Five limbs, of which the low 52 bits count: what lies above was carried on
/// already. The value is below 2^258.
#[derive(Clone, Copy)]
pub(crate) struct Factor(pub(crate) Limbs);

/// Five limbs between 0 and 2^56; the value is below 2^257.
#[derive(Clone, Copy)]
pub(crate) struct Product(pub(crate) Limbs);

/// Five limbs of a sum of at most 32 products, of either sign.
#[derive(Clone, Copy)]
pub(crate) struct Sum(pub(crate) Limbs);

impl Factor {
    #[inline(always)]
    fn checked(self) -> Self {
        self.0[4].debug_assert_in(0..1 << 50);
        self
    }
}

impl Product {
    #[inline(always)]
    fn checked(self) -> Self {
        check(&self.0, 0..1 << 56);
        self
    }
}

impl Sum {
    #[inline(always)]
    fn checked(self) -> Self {
        check(&self.0, -(1 << 61)..1 << 61);
        self
    }
}

#[inline(always)]
fn check(limbs: &Limbs, range: Range<i64>) {
    for limb in limbs {
        limb.debug_assert_in(range.clone());
    }
}

/// Carries limbs of either sign from one to the next.
#[inline(always)]
fn carry(limbs: Limbs) -> Factor {
    Factor(limbs::carry(limbs)).checked()
}

/// Divides a double-length product, or a difference of two, by 2^260 modulo the prime
/// (Montgomery).
///
/// The prime is -1 modulo 2^52, so the multiple of it that clears a limb is the
/// limb itself; and its two lowest limbs, 2^52 - 1 and 2^44 - 1, add up to
/// 2^96 - 1, so that limb is cleared and 2^96 times it added.
#[inline(always)]
fn reduce(mut sums: [Vector; 10]) -> Limbs {
    let second = sums[0].splat(1 << 44);
    let fourth = sums[0].splat(1 << 36);
    let fifth = sums[0].splat((1 << 48) - (1 << 16));
    for i in 0..5 {
        let quotient = sums[i];
        // The carry is added last: the next limb is then ready one step sooner.
        sums[i + 1] = sums[i + 1]
            .add_low(quotient, second)
            .add(quotient.shr_signed::<52>());
        sums[i + 2] = sums[i + 2].add_high(quotient, second);
        sums[i + 3] = sums[i + 3].add_low(quotient, fourth);
        sums[i + 4] = sums[i + 4]
            .add_high(quotient, fourth)
            .add_low(quotient, fifth);
        sums[i + 5] = sums[i + 5].add_high(quotient, fifth);
    }
    let [.., a, b, c, d, e] = sums;
    [a, b, c, d, e]
}

/// Ten zeros.
#[inline(always)]
fn zeros(a: &Factor) -> [Vector; 10] {
    [a.0[0].splat(0); 10]
}

/// The negatives of sums.
#[inline(always)]
fn negate(mut sums: [Vector; 10]) -> [Vector; 10] {
    let zero = sums[0].splat(0);
    for sum in &mut sums {
        *sum = zero.sub(*sum);
    }
    sums
}

/// The limbs, each below 2^52, of the integer below the prime.
#[inline(always)]
fn freeze(element: &Factor) -> Limbs {
    let zero = element.0[0].splat(0);
    let one = Factor([element.0[0].splat(1), zero, zero, zero, zero]);
    // The product with 1 is at most the prime.
    let value = normalize(GfP256::mul(element, &one).0);
    let prime = limbs::splat(zero, limbs(&PRIME));
    let reduced = normalize(zip(value, prime, Vector::sub));
    let negative = reduced[4].test(zero.splat(1 << 51));
    GfP256::select(&negative, &Factor(value), &Factor(reduced)).0
}

/// Carries limbs of either sign, and clears what was carried on.
#[inline(always)]
fn normalize(limbs: Limbs) -> Limbs {
    clear_carried(limbs::carry(limbs))
}

impl Field for GfP256 {
    type Isa = Avx512Ifma;
    type Factor = Factor;
    type Product = Product;

    #[inline(always)]
    fn constant(isa: Avx512Ifma, value: &Integer) -> Product {
        let [a, b, c, d] = *value;
        Self::from_integers(&[isa.splat(a), isa.splat(b), isa.splat(c), isa.splat(d)])
    }

    #[inline(always)]
    fn from_integers(integers: &[Vector; 4]) -> Product {
        let r_squared = limbs::splat(integers[0], limbs(&R_SQUARED));
        Self::mul(&Factor(limbs::split(integers)), &Factor(r_squared))
    }

    #[inline(always)]
    fn to_integers(element: &Factor) -> [Vector; 4] {
        join(freeze(element))
    }

    #[inline(always)]
    fn mul(a: &Factor, b: &Factor) -> Product {
        Product(reduce(multiply(zeros(a), &a.0, &b.0))).checked()
    }

    #[inline(always)]
    fn square(a: &Factor) -> Product {
        Product(reduce(limbs::square(&a.0))).checked()
    }

    #[inline(always)]
    fn carry(a: &Product) -> Factor {
        carry(a.0)
    }

    #[inline(always)]
    fn add(a: &Product, b: &Product) -> Factor {
        carry(zip(a.0, b.0, Vector::add))
    }

    #[inline(always)]
    fn sub(a: &Product, b: &Product) -> Factor {
        Self::reduce(&Self::minus(&Self::sum(a), &Self::sum(b)))
    }

    #[inline(always)]
    fn select(mask: &Mask, a: &Factor, b: &Factor) -> Factor {
        Factor(limbs::select(mask, a.0, b.0))
    }

    #[inline(always)]
    fn invert(a: &Factor) -> Factor {
        field::gfp256::invert::<Self>(a)
    }

    #[inline(always)]
    fn is_zero(a: &Factor) -> Mask {
        limbs::are_zero(freeze(a))
    }
}

impl field::GfP256 for GfP256 {
    type Sum = Sum;

    #[inline(always)]
    fn sum(a: &Product) -> Sum {
        Sum(a.0)
    }

    #[inline(always)]
    fn plus(a: &Sum, b: &Sum) -> Sum {
        Sum(zip(a.0, b.0, Vector::add)).checked()
    }

    #[inline(always)]
    fn minus(a: &Sum, b: &Sum) -> Sum {
        Sum(zip(a.0, b.0, Vector::sub)).checked()
    }

    #[inline(always)]
    fn negate_if(mask: &Mask, a: &Product) -> Sum {
        Sum(limbs::negate_if(mask, a.0))
    }

    /// Carries the sum, and brings what exceeds 2^256 down:
    /// 2^256 = 2^224 - 2^192 - 2^96 + 1.
    ///
    /// One multiple of 2^256 stays, so that a negative sum becomes positive.
    #[inline(always)]
    fn reduce(a: &Sum) -> Factor {
        let [a, b, c, d, e] = a.0;
        let excess = e.shr_signed::<48>().sub(e.splat(1));
        let e = e.and(e.splat(LAST)).or(e.splat(LAST + 1));
        carry([
            a.add(excess),
            b.sub(excess.shl::<44>()),
            c,
            d.sub(excess.shl::<36>()),
            e.add(excess.shl::<16>()),
        ])
    }

    #[inline(always)]
    fn mul_sub(a: &Factor, b: &Factor, c: &Factor, d: &Factor) -> Sum {
        let product = multiply(zeros(c), &c.0, &d.0);
        Sum(reduce(multiply(negate(product), &a.0, &b.0))).checked()
    }

    #[inline(always)]
    fn mul_sub_square(a: &Factor, b: &Factor, c: &Factor) -> Sum {
        let square = limbs::square(&c.0);
        Sum(reduce(multiply(negate(square), &a.0, &b.0))).checked()
    }
}
