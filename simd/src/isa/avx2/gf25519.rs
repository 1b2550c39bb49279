//! The field of 2^255 - 19 in ten limbs of 26 and 25 bits by turns, four elements
//! at once.
//!
//! The range of each limb, and the proof, is in `docs/curve25519.md`; debug builds
//! assert it.

use super::{Avx2, Mask, Vector, bits, for_limbs, keep_in_memory, pack};
use crate::{
    integer::Integer,
    isa::field::{self, Field},
};

/// The position of the lowest bit of limb `i`: 25.5 i, rounded up.
const fn position(i: usize) -> usize {
    (51 * i).div_ceil(2)
}

/// The number of bits of limb `i`.
const fn width(i: usize) -> usize {
    26 - i % 2
}

const fn limb_mask(i: usize) -> u64 {
    (1 << width(i)) - 1
}

/// Limb `i` of twice the prime, each at least as large as that of a product.
const fn offset(i: usize) -> u64 {
    let excess = if i == 0 { 18 } else { 0 };
    2 * (limb_mask(i) - excess)
}

/// The limbs of an integer below 2^255.
pub(crate) const fn limbs(words: &Integer) -> [u64; 10] {
    let mut limbs = [0; 10];
    let mut i = 0;
    while i < 10 {
        let (word, shift) = (position(i) / 64, position(i) % 64);
        limbs[i] = words[word] >> shift;
        if shift > 64 - width(i) && word < 3 {
            limbs[i] |= words[word + 1] << (64 - shift);
        }
        limbs[i] &= limb_mask(i);
        i += 1;
    }
    limbs
}

/// The field on the AVX2 backend.
#[derive(Clone, Copy)]
pub(crate) struct Gf25519;

/// Ten limbs, of which the low 32 bits count: below 3 * 2^26 + 2^19 and
/// 3 * 2^25 + 2^19 by turns.
#[derive(Clone, Copy)]
pub(crate) struct Factor(pub(crate) [Vector; 10]);

/// Ten limbs, below 2^26 + 2^19 and 2^25 + 2^19 by turns.
#[derive(Clone, Copy)]
pub(crate) struct Product(pub(crate) [Vector; 10]);

impl Factor {
    #[inline(always)]
    fn checked(self) -> Self {
        for_limbs!(i => {
            self.0[i].debug_assert_below((3 << width(i)) + (1 << 19));
        });
        self
    }
}

impl Product {
    #[inline(always)]
    fn checked(self) -> Self {
        for_limbs!(i => {
            self.0[i].debug_assert_below((1 << width(i)) + (1 << 19));
        });
        self
    }
}

/// Splits the sum for limb `i` into its excess over the limb's width and the limb.
#[inline(always)]
fn split(sum: Vector, i: usize) -> (Vector, Vector) {
    let excess = match width(i) {
        26 => sum.shr::<26>(),
        _ => sum.shr::<25>(),
    };
    (excess, sum.and(sum.splat(limb_mask(i))))
}

/// `limb + 19 excess`, in shifts, because the excess may have more than 32 bits.
#[inline(always)]
fn add_19_times(limb: Vector, excess: Vector) -> Vector {
    let excess18 = excess.add(excess.shl::<3>()).shl::<1>();
    limb.add(excess).add(excess18)
}

/// Carries from a limb to the next, or from the last, 19 times, to the first.
#[inline(always)]
fn carry_one(limbs: &mut [Vector; 10], i: usize) {
    let (excess, kept) = split(limbs[i], i);
    limbs[i] = kept;
    if i < 9 {
        limbs[i + 1] = limbs[i + 1].add(excess);
    } else {
        limbs[0] = add_19_times(limbs[0], excess);
    }
}

/// Carries sums below 2^45 once, all at the same time: enough for a factor.
#[inline(always)]
fn carry_each(sums: [Vector; 10]) -> Factor {
    let nineteen = sums[0].splat(19);
    let (mut limbs, mut excess) = (sums, sums);
    for_limbs!(i => {
        (excess[i], limbs[i]) = split(sums[i], i);
    });
    for_limbs!(i => {
        let carried = if i > 0 { excess[i - 1] } else { excess[9].mul(nineteen) };
        limbs[i] = limbs[i].add(carried);
    });
    Factor(limbs).checked()
}

/// Limbs that are carried on one after the other, as their sums become known.
struct Chain {
    limbs: [Vector; 10],
    excess: Vector,
}

impl Chain {
    #[inline(always)]
    fn new(zero: Vector) -> Self {
        Self {
            limbs: [zero; 10],
            excess: zero,
        }
    }

    /// Takes the sum for limb `k`, below 2^63; the limbs come in their order.
    #[inline(always)]
    fn push(&mut self, k: usize, sum: Vector) {
        (self.excess, self.limbs[k]) = split(sum.add(self.excess), k);
    }

    /// Brings the excess of the last limb, 19 times, to the first.
    #[inline(always)]
    fn close(mut self) -> Product {
        self.limbs[0] = add_19_times(self.limbs[0], self.excess);
        carry_one(&mut self.limbs, 0);
        Product(self.limbs).checked()
    }
}

/// At `10 + j` limb `j` of a factor, at `j` what it counts where a product passes
/// limb 9: 19 times as much. Nothing asks for the first.
#[inline(always)]
fn wrapped(factor: &Factor) -> [Vector; 20] {
    let nineteen = factor.0[0].splat(19);
    let mut limbs = [nineteen; 20];
    for_limbs!(j => {
        if j > 0 {
            limbs[j] = factor.0[j].mul(nineteen);
        }
        limbs[10 + j] = factor.0[j];
    });
    limbs
}

/// `a b`, one limb after the other.
///
/// Sixteen registers hold `a` and the sums of one limb, but not `b` as well: that is
/// read from memory by the multiplications. Too long to be inlined; in the ladder it
/// would be larger than a processor's cache of decoded instructions.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn mul(a: &Factor, b: &Factor) -> Product {
    let a = &a.0;
    let mut b = wrapped(b);
    let zero = a[0].splat(0);
    let mut chain = Chain::new(zero);
    for_limbs!(k => {
        keep_in_memory(&mut b);
        let (mut sum, mut odd) = (zero, zero);
        for_limbs!(i => {
            let term = a[i].mul(b[10 + k - i]);
            // Two odd limbs lie half a bit each above their place.
            if i % 2 == 1 && (k + i) % 2 == 1 {
                odd = odd.add_in_turn(term);
            } else {
                sum = sum.add_in_turn(term);
            }
        });
        chain.push(k, sum.add(odd.add(odd)));
    });
    chain.close()
}

/// `a^2`, one limb after the other: like [`mul`], but with `a` in registers and only
/// its multiples in memory.
#[target_feature(enable = "avx2")]
#[inline(never)]
fn square(a: &Factor) -> Product {
    let a = &a.0;
    let zero = a[0].splat(0);
    let nineteen = a[0].splat(19);
    let mut upper19 = [zero; 5];
    for_limbs!(i => if i >= 5 {
        upper19[i - 5] = a[i].mul(nineteen);
    });
    let mut chain = Chain::new(zero);
    for_limbs!(k => {
        keep_in_memory(&mut upper19);
        // Terms that count once, twice and four times.
        let (mut once, mut twice, mut four) = (zero, zero, zero);
        for_limbs!(i => {
            let j = (10 + k - i) % 10;
            if i <= j {
                let right = if i + j < 10 { a[j] } else { upper19[j - 5] };
                let term = a[i].mul(right);
                // Two odd limbs lie half a bit each above their place.
                let odd = i % 2 == 1 && j % 2 == 1;
                match (i == j, odd) {
                    (true, false) => once = once.add_in_turn(term),
                    (true, true) | (false, false) => twice = twice.add_in_turn(term),
                    (false, true) => four = four.add_in_turn(term),
                }
            }
        });
        twice = twice.add(four.add(four));
        chain.push(k, once.add(twice.add(twice)));
    });
    chain.close()
}

/// The limbs of the integer below the prime.
#[inline(always)]
fn freeze(element: &Factor) -> [Vector; 10] {
    let mut limbs = element.0;
    for i in 0..20 {
        carry_one(&mut limbs, i % 10);
    }
    // 1 if the value is at least 2^255 - 19, else 0: the value is below twice that.
    let nineteen = limbs[0].splat(19);
    let mut quotient = limbs[0].add(nineteen).shr::<26>();
    for_limbs!(i => if i > 0 {
        let sum = quotient.add(limbs[i]);
        quotient = if width(i) == 26 {
            sum.shr::<26>()
        } else {
            sum.shr::<25>()
        };
    });
    limbs[0] = limbs[0].add(quotient.mul(nineteen));
    for_limbs!(i => if i < 9 {
        carry_one(&mut limbs, i);
    });
    limbs[9] = limbs[9].and(limbs[9].splat(limb_mask(9)));
    limbs
}

impl Field for Gf25519 {
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
        let mut limbs = [integers[0]; 10];
        for_limbs!(i => {
            limbs[i] = bits(integers, position(i), width(i));
        });
        Product(limbs).checked()
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
        });
        Factor(limbs).checked()
    }

    #[inline(always)]
    fn sub(a: &Product, b: &Product) -> Factor {
        let mut limbs = a.0;
        for_limbs!(i => {
            limbs[i] = a.0[i].add(a.0[i].splat(offset(i))).sub(b.0[i]);
        });
        Factor(limbs).checked()
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
        field::gf25519::invert::<Self>(a)
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

impl field::Gf25519 for Gf25519 {
    #[inline(always)]
    fn add_a24_times(a: &Product, b: &Factor) -> Factor {
        let a24 = a.0[0].splat(121_665);
        let mut sums = a.0;
        for_limbs!(i => {
            sums[i] = a.0[i].add(b.0[i].mul(a24));
        });
        carry_each(sums)
    }

    #[inline(always)]
    fn negate_if(mask: &Mask, a: &Product) -> Factor {
        let zero = a.0[0].splat(0);
        let negated = Self::sub(&Product([zero; 10]), a);
        Self::select(mask, &negated, &Factor(a.0))
    }

    #[inline(always)]
    fn add_sub(a: &Product, b: &Product, c: &Product) -> Factor {
        let mut sums = a.0;
        for_limbs!(i => {
            let sum = a.0[i].add(b.0[i]);
            sums[i] = sum.add(sum.splat(offset(i))).sub(c.0[i]);
        });
        carry_each(sums)
    }

    #[inline(always)]
    fn twice_add_sub(a: &Product, b: &Product, c: &Product) -> Factor {
        let mut sums = a.0;
        for_limbs!(i => {
            let sum = a.0[i].add(a.0[i]).add(b.0[i]);
            sums[i] = sum.add(sum.splat(offset(i))).sub(c.0[i]);
        });
        carry_each(sums)
    }
}
