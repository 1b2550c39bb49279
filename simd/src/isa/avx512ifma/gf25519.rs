//! The field of 2^255 - 19 in five limbs of 52 bits, eight elements at once.
//!
//! The range of each limb, and the proof, is in `docs/curve25519.md`; debug builds
//! assert it.

use super::{
    Avx512Ifma, Mask, Vector,
    limbs::{self, Limbs, clear_carried, join, multiply, zip},
};
use crate::{
    integer::Integer,
    isa::field::{self, Field},
};

/// The last limb holds the bits from 208 to 254.
const LAST: u64 = (1 << 47) - 1;

/// 2^260 modulo the prime.
const FOLD: u64 = 19 << 5;

/// What a subtraction adds: 2^11 (2^255 - 19), which makes the last limb positive,
/// with 2^6 of it lent to the limb before, which makes the carry out of that
/// positive too.
const OFFSET_FIRST: u64 = 19 << 11;
const OFFSET_FOURTH: u64 = 1 << 58;
const OFFSET_LAST: u64 = (1 << 58) - (1 << 6);

/// The field on the AVX-512 IFMA backend.
#[derive(Clone, Copy)]
pub(crate) struct Gf25519;

/// Five limbs, of which the low 52 bits count: what lies above was carried on
/// already. The last is below 2^47 + 2^12.
#[derive(Clone, Copy)]
pub(crate) struct Factor(pub(crate) Limbs);

/// Five limbs between 0 and 2^56.
#[derive(Clone, Copy)]
pub(crate) struct Product(pub(crate) Limbs);

impl Factor {
    #[inline(always)]
    fn checked(self) -> Self {
        self.0[4].debug_assert_in(0..(1 << 47) + (1 << 12));
        self
    }
}

impl Product {
    #[inline(always)]
    fn checked(self) -> Self {
        for limb in self.0 {
            limb.debug_assert_in(0..1 << 56);
        }
        self
    }
}

/// Carries limbs between -2^59 and 2^59, of which the last is at least 0 and the
/// carry out of the fourth too.
#[inline(always)]
fn carry(limbs: Limbs) -> Factor {
    let [mut a, mut b, mut c, mut d, mut e] = limbs;
    e.debug_assert_in(0..1 << 59);
    a = a.add_low(e.shr::<47>(), e.splat(19));
    e = e.and(e.splat(LAST));
    b = b.add(a.shr_signed::<52>());
    c = c.add(b.shr_signed::<52>());
    d = d.add(c.shr_signed::<52>());
    d.debug_assert_in(0..1 << 60);
    e = e.add(d.shr_signed::<52>());
    Factor([a, b, c, d, e]).checked()
}

/// Makes limbs of either sign ready to be carried.
#[inline(always)]
fn offset(limbs: Limbs) -> Limbs {
    let [a, b, c, d, e] = limbs;
    [
        a.sub(a.splat(OFFSET_FIRST)),
        b,
        c,
        d.add(d.splat(OFFSET_FOURTH)),
        e.add(e.splat(OFFSET_LAST)),
    ]
}

/// Brings the upper half of a double-length product, whose tenth limb times 608 is
/// below 2^52, down to the lower half.
#[inline(always)]
fn fold(sums: [Vector; 10]) -> Product {
    let [
        mut a,
        mut b,
        mut c,
        mut d,
        mut e,
        f,
        mut g,
        mut h,
        mut i,
        mut j,
    ] = sums;
    let fold = a.splat(FOLD);
    g = g.add(f.shr::<52>());
    h = h.add(g.shr::<52>());
    i = i.add(h.shr::<52>());
    j = j.add(i.shr::<52>());
    j.debug_assert_in(0..(1 << 52) / FOLD as i64);
    a = a.add_low(f, fold);
    b = b.add_low(g, fold).add_high(f, fold);
    c = c.add_low(h, fold).add_high(g, fold);
    d = d.add_low(i, fold).add_high(h, fold);
    e = e.add_low(j, fold).add_high(i, fold);
    Product([a, b, c, d, e]).checked()
}

/// The limbs of a factor, each below 2^52, of the integer below the prime.
#[inline(always)]
fn freeze(element: &Factor) -> Limbs {
    let [a, b, c, d, e] = clear_carried(element.0);
    let nineteen = a.splat(19);
    // 1 if the value is at least 2^255 - 19, else 0: the value is below twice that.
    let mut quotient = a.add(nineteen).shr::<52>();
    for limb in [b, c, d] {
        quotient = quotient.add(limb).shr::<52>();
    }
    quotient = quotient.add(e).shr::<47>();
    let a = a.add_low(quotient, nineteen);
    let b = b.add(a.shr::<52>());
    let c = c.add(b.shr::<52>());
    let d = d.add(c.shr::<52>());
    let e = e.add(d.shr::<52>());
    let [a, b, c, d, _] = clear_carried([a, b, c, d, e]);
    [a, b, c, d, e.and(e.splat(LAST))]
}

impl Field for Gf25519 {
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
        Product(limbs::split(integers)).checked()
    }

    #[inline(always)]
    fn to_integers(element: &Factor) -> [Vector; 4] {
        join(freeze(element))
    }

    #[inline(always)]
    fn mul(a: &Factor, b: &Factor) -> Product {
        let zeros = [a.0[0].splat(0); 10];
        fold(multiply(zeros, &a.0, &b.0))
    }

    #[inline(always)]
    fn square(a: &Factor) -> Product {
        fold(limbs::square(&a.0))
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
        carry(offset(zip(a.0, b.0, Vector::sub)))
    }

    #[inline(always)]
    fn select(mask: &Mask, a: &Factor, b: &Factor) -> Factor {
        Factor(limbs::select(mask, a.0, b.0))
    }

    #[inline(always)]
    fn invert(a: &Factor) -> Factor {
        field::gf25519::invert::<Self>(a)
    }

    #[inline(always)]
    fn is_zero(a: &Factor) -> Mask {
        limbs::are_zero(freeze(a))
    }
}

impl field::Gf25519 for Gf25519 {
    #[inline(always)]
    fn add_a24_times(a: &Product, b: &Factor) -> Factor {
        let ([mut a, mut b, mut c, mut d, mut e], [f, g, h, i, j]) = (a.0, b.0);
        let a24 = f.splat(121_665);
        let top = f.splat(0).add_high(j, a24);
        a = a.add_low(f, a24).add_low(top, f.splat(FOLD));
        b = b.add_low(g, a24).add_high(f, a24);
        c = c.add_low(h, a24).add_high(g, a24);
        d = d.add_low(i, a24).add_high(h, a24);
        e = e.add_low(j, a24).add_high(i, a24);
        carry([a, b, c, d, e])
    }

    #[inline(always)]
    fn negate_if(mask: &Mask, a: &Product) -> Factor {
        carry(offset(limbs::negate_if(mask, a.0)))
    }

    #[inline(always)]
    fn add_sub(a: &Product, b: &Product, c: &Product) -> Factor {
        let sum = zip(a.0, b.0, Vector::add);
        carry(offset(zip(sum, c.0, Vector::sub)))
    }

    #[inline(always)]
    fn twice_add_sub(a: &Product, b: &Product, c: &Product) -> Factor {
        let sum = zip(zip(a.0, a.0, Vector::add), b.0, Vector::add);
        carry(offset(zip(sum, c.0, Vector::sub)))
    }
}
