//! The field of P-256 in ten limbs of 26 bits, in Montgomery form modulo 2^260,
//! four elements at once.
//!
//! The range of each limb, and the proof, is in `docs/p256.md`; debug builds
//! assert it.

use super::{Avx2, Mask, Vector, bits, for_limbs, pack};
use crate::{
    integer::Integer,
    isa::field::{self, Field, GfP256 as _},
    modular::gfp256::{PRIME, add, power_of_two},
};

const WIDTH: usize = 26;
const LIMB: u64 = (1 << WIDTH) - 1;
/// The last limb holds the bits from 234 to 255.
const LAST: u64 = (1 << 22) - 1;

/// 2^520 modulo the prime: what takes an integer into Montgomery form.
const R_SQUARED: [u64; 10] = limbs(&power_of_two(520));

/// A multiple of the prime whose limbs lie between 2^33 - 2^26 and 2^33: what makes
/// the limbs of a sum positive.
const OFFSET: [u64; 10] = offset();

const fn offset() -> [u64; 10] {
    let mut excess = [0; 4];
    let mut i = 0;
    while i < 10 {
        excess = add(&excess, &power_of_two(33 + WIDTH * i));
        i += 1;
    }
    let excess = limbs(&excess);
    let mut result = [1 << 33; 10];
    while i > 0 {
        i -= 1;
        result[i] -= excess[i];
    }
    result
}

const fn position(i: usize) -> usize {
    WIDTH * i
}

/// The limbs of an integer.
pub(crate) const fn limbs(words: &Integer) -> [u64; 10] {
    let mut limbs = [0; 10];
    let mut i = 0;
    while i < 10 {
        let (word, shift) = (position(i) / 64, position(i) % 64);
        limbs[i] = words[word] >> shift;
        if shift > 64 - WIDTH && word < 3 {
            limbs[i] |= words[word + 1] << (64 - shift);
        }
        limbs[i] &= LIMB;
        i += 1;
    }
    limbs
}

/// The field on the AVX2 backend.
#[derive(Clone, Copy)]
pub(crate) struct GfP256;

/// Ten limbs, of which the low 32 bits count: below 2^27 + 2^10. The value is below
/// 2^258.
#[derive(Clone, Copy)]
pub(crate) struct Factor(pub(crate) [Vector; 10]);

/// Ten limbs, below 2^26; the value is below 2^257.
#[derive(Clone, Copy)]
pub(crate) struct Product(pub(crate) [Vector; 10]);

/// Ten limbs of a sum of at most 32 products, of either sign.
#[derive(Clone, Copy)]
pub(crate) struct Sum(pub(crate) [Vector; 10]);

/// Carries limbs from one to the next.
#[inline(always)]
fn carry(mut limbs: [Vector; 10]) -> [Vector; 10] {
    let mask = limbs[0].splat(LIMB);
    for_limbs!(i => if i < 9 {
        limbs[i + 1] = limbs[i + 1].add(limbs[i].shr::<26>());
        limbs[i] = limbs[i].and(mask);
    });
    limbs
}

/// Divides a double-length product by 2^260 modulo the prime (Montgomery).
///
/// The prime is -1 modulo 2^26, so the multiple of it that clears a limb is the
/// limb itself. The other terms of the prime are 2^96, which is 2^18 at the third
/// limb above, 2^192, which is 2^10 at the seventh, and 2^256 - 2^224, which is
/// 2^26 - 2^16 at the eighth and 2^22 - 1 at the ninth.
#[inline(always)]
fn reduce(mut sums: [Vector; 20]) -> Product {
    let mask = sums[0].splat(LIMB);
    let eighth = sums[0].splat((1 << 26) - (1 << 16));
    let ninth = sums[0].splat((1 << 22) - 1);
    for_limbs!(i => {
        let quotient = sums[i].and(mask);
        sums[i + 1] = sums[i + 1].add(sums[i].shr::<26>());
        sums[i + 3] = sums[i + 3].add(quotient.shl::<18>());
        sums[i + 7] = sums[i + 7].add(quotient.shl::<10>());
        sums[i + 8] = sums[i + 8].add(quotient.mul(eighth));
        sums[i + 9] = sums[i + 9].add(quotient.mul(ninth));
    });
    let [.., a, b, c, d, e, f, g, h, i, j] = sums;
    let limbs = carry([a, b, c, d, e, f, g, h, i, j]);
    limbs[9].debug_assert_below(1 << 23);
    Product(limbs)
}

/// `a b / 2^260`. Too long to be inlined.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn mul(a: &Factor, b: &Factor) -> Product {
    let zero = a.0[0].splat(0);
    let mut sums = [zero; 20];
    for_limbs!(i => {
        for_limbs!(j => {
            sums[i + j] = sums[i + j].add(a.0[i].mul(b.0[j]));
        });
    });
    reduce(sums)
}

/// `a^2 / 2^260`. Too long to be inlined.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn square(a: &Factor) -> Product {
    let zero = a.0[0].splat(0);
    let mut sums = [zero; 20];
    for_limbs!(i => {
        let twice = a.0[i].add(a.0[i]);
        sums[2 * i] = sums[2 * i].add(a.0[i].mul(a.0[i]));
        for_limbs!(j => if j > i {
            sums[i + j] = sums[i + j].add(twice.mul(a.0[j]));
        });
    });
    reduce(sums)
}

/// The limbs of the integer below the prime.
#[inline(always)]
fn freeze(element: &Factor) -> [Vector; 10] {
    let zero = element.0[0].splat(0);
    let mut one = [zero; 10];
    one[0] = zero.splat(1);
    // The product with 1 is at most the prime, and only zero can be the prime.
    let value = GfP256::mul(element, &Factor(one)).0;
    let prime = limbs(&PRIME);
    let mut difference = zero;
    for_limbs!(i => {
        difference = difference.or(value[i].xor(zero.splat(prime[i])));
    });
    let is_prime = difference.is_zero();
    GfP256::select(&is_prime, &Factor([zero; 10]), &Factor(value)).0
}

impl Field for GfP256 {
    type Isa = Avx2;
    type Factor = Factor;
    type Product = Product;

    #[inline(always)]
    fn constant(isa: Avx2, value: &Integer) -> Product {
        let [a, b, c, d] = *value;
        Self::from_integers(&[isa.splat(a), isa.splat(b), isa.splat(c), isa.splat(d)])
    }

    #[inline(always)]
    fn from_integers(integers: &[Vector; 4]) -> Product {
        let (mut plain, mut r_squared) = ([integers[0]; 10], [integers[0]; 10]);
        for_limbs!(i => {
            plain[i] = bits(integers, position(i), WIDTH);
            r_squared[i] = integers[0].splat(R_SQUARED[i]);
        });
        Self::mul(&Factor(plain), &Factor(r_squared))
    }

    #[inline(always)]
    fn to_integers(element: &Factor) -> [Vector; 4] {
        pack(&freeze(element), position)
    }

    #[inline(always)]
    fn mul(a: &Factor, b: &Factor) -> Product {
        // SAFETY: the vectors prove that the CPU has AVX2.
        unsafe { mul(a, b) }
    }

    #[inline(always)]
    fn square(a: &Factor) -> Product {
        // SAFETY: the vectors prove that the CPU has AVX2.
        unsafe { square(a) }
    }

    #[inline(always)]
    fn carry(a: &Product) -> Factor {
        Factor(a.0)
    }

    #[inline(always)]
    fn add(a: &Product, b: &Product) -> Factor {
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = a.0[i].add(b.0[i]);
            limbs[i].debug_assert_below(1 << 27);
        });
        Factor(limbs)
    }

    #[inline(always)]
    fn sub(a: &Product, b: &Product) -> Factor {
        Self::reduce(&Self::minus(&Self::sum(a), &Self::sum(b)))
    }

    #[inline(always)]
    fn select(mask: &Mask, a: &Factor, b: &Factor) -> Factor {
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = Vector::select(mask, a.0[i], b.0[i]);
        });
        Factor(limbs)
    }

    #[inline(always)]
    fn invert(a: &Factor) -> Factor {
        field::gfp256::invert::<Self>(a)
    }

    #[inline(always)]
    fn is_zero(a: &Factor) -> Mask {
        let limbs = freeze(a);
        let mut bits = limbs[0];
        for_limbs!(i => if i > 0 {
            bits = bits.or(limbs[i]);
        });
        bits.is_zero()
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
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = a.0[i].add(b.0[i]);
        });
        Sum(limbs)
    }

    #[inline(always)]
    fn minus(a: &Sum, b: &Sum) -> Sum {
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = a.0[i].sub(b.0[i]);
        });
        Sum(limbs)
    }

    #[inline(always)]
    fn negate_if(mask: &Mask, a: &Product) -> Sum {
        let zero = a.0[0].splat(0);
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = Vector::select(mask, zero.sub(a.0[i]), a.0[i]);
        });
        Sum(limbs)
    }

    /// Makes the limbs positive, brings what exceeds 2^256 down
    /// (2^256 = 2^224 - 2^192 - 2^96 + 1), and carries.
    #[inline(always)]
    fn reduce(a: &Sum) -> Factor {
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = limbs[i].add(limbs[i].splat(OFFSET[i]));
            limbs[i].debug_assert_below(1 << 34);
        });
        let excess = limbs[9].shr::<22>();
        limbs[0] = limbs[0].add(excess);
        limbs[3] = limbs[3].sub(excess.shl::<18>());
        limbs[7] = limbs[7].sub(excess.shl::<10>());
        limbs[8] = limbs[8].add(excess.shl::<16>());
        limbs[9] = limbs[9].and(limbs[9].splat(LAST));
        let limbs = carry(limbs);
        limbs[9].debug_assert_below((1 << 22) + (1 << 10));
        Factor(limbs)
    }

    /// Reduces each product: twenty sums do not fit into the registers, and two
    /// products at once would have them pass through memory once more.
    #[inline(always)]
    fn mul_sub(a: &Factor, b: &Factor, c: &Factor, d: &Factor) -> Sum {
        Self::minus(&Self::sum(&Self::mul(a, b)), &Self::sum(&Self::mul(c, d)))
    }

    #[inline(always)]
    fn mul_sub_square(a: &Factor, b: &Factor, c: &Factor) -> Sum {
        Self::minus(&Self::sum(&Self::mul(a, b)), &Self::sum(&Self::square(c)))
    }
}
