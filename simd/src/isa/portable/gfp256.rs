//! The field of P-256 in four words of 64 bits, in Montgomery form modulo 2^256.
//!
//! The free functions are `const`: the compiler runs them to make the tables of
//! all backends. Every value is below the prime.

use core::hint::black_box;

use crate::{
    field::{self, CombField, Field},
    isa::{
        Integer,
        portable::{Mask, Portable},
    },
    nistp256::{PRIME, inverse, table},
};

/// 2^256 modulo the prime: one, in Montgomery form.
pub(crate) const ONE: Integer = power_of_two(256);

/// 2^512 modulo the prime: what takes an integer into Montgomery form.
const ENTER: Integer = power_of_two(512);

/// 2^`exponent` modulo the prime.
pub(crate) const fn power_of_two(exponent: usize) -> Integer {
    let mut power = [1, 0, 0, 0];
    let mut i = 0;
    while i < exponent {
        power = add(&power, &power);
        i += 1;
    }
    power
}

/// `a + b + carry`, as a word and a carry.
const fn add_carry(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// `a - b - borrow`, as a word and a borrow.
const fn sub_borrow(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let difference = (a as u128).wrapping_sub(b as u128 + borrow as u128);
    (difference as u64, (difference >> 127) as u64)
}

/// `a - b` modulo 2^256, and 1 if `a < b`.
pub(crate) const fn sub_integers(a: &Integer, b: &Integer) -> (Integer, u64) {
    let (mut difference, mut borrow) = ([0; 4], 0);
    let mut i = 0;
    while i < 4 {
        (difference[i], borrow) = sub_borrow(a[i], b[i], borrow);
        i += 1;
    }
    (difference, borrow)
}

/// `a` if `bit` is 1, `b` if it is 0, for secrets: the compiler, which does not see
/// where the bit is from, cannot turn the choice into a branch.
pub(crate) fn choose_secretly(bit: u64, a: &Integer, b: &Integer) -> Integer {
    choose(black_box(bit), a, b)
}

/// `a` if `bit` is 1, `b` if it is 0, for constants.
const fn choose(bit: u64, a: &Integer, b: &Integer) -> Integer {
    let mask = bit.wrapping_neg();
    [
        b[0] ^ (mask & (a[0] ^ b[0])),
        b[1] ^ (mask & (a[1] ^ b[1])),
        b[2] ^ (mask & (a[2] ^ b[2])),
        b[3] ^ (mask & (a[3] ^ b[3])),
    ]
}

/// A value of five words, the last given apart, below twice the prime: less the
/// prime, and 1 if it was below the prime already.
const fn less_prime(a: &Integer, top: u64) -> (Integer, u64) {
    let (reduced, borrow) = sub_integers(a, &PRIME);
    let (_, keep) = sub_borrow(top, 0, borrow);
    (reduced, keep)
}

const fn reduce_once((a, top): (Integer, u64)) -> Integer {
    let (reduced, keep) = less_prime(&a, top);
    choose(keep, &a, &reduced)
}

/// `a + b`, in five words.
const fn add_integers(a: &Integer, b: &Integer) -> (Integer, u64) {
    let (mut sum, mut carry) = ([0; 4], 0);
    let mut i = 0;
    while i < 4 {
        (sum[i], carry) = add_carry(a[i], b[i], carry);
        i += 1;
    }
    (sum, carry)
}

/// `a + b` modulo the prime.
pub(crate) const fn add(a: &Integer, b: &Integer) -> Integer {
    reduce_once(add_integers(a, b))
}

/// `a - b` modulo the prime.
pub(crate) const fn sub(a: &Integer, b: &Integer) -> Integer {
    let (difference, borrow) = sub_integers(a, b);
    let (wrapped, _) = add_integers(&difference, &PRIME);
    choose(borrow, &wrapped, &difference)
}

/// `a b / 2^256` modulo the prime.
pub(crate) const fn mul(a: &Integer, b: &Integer) -> Integer {
    reduce_once(mul_integers(a, b))
}

/// A value below twice the prime that is congruent to `a b / 2^256`, in five words.
const fn mul_integers(a: &Integer, b: &Integer) -> (Integer, u64) {
    let mut sums = [0; 6];
    let mut i = 0;
    while i < 4 {
        accumulate(&mut sums, a[i], b);
        // The prime is -1 modulo 2^64, so this multiple of it clears the word.
        let quotient = sums[0];
        accumulate(&mut sums, quotient, &PRIME);
        sums = [sums[1], sums[2], sums[3], sums[4], sums[5], 0];
        i += 1;
    }
    ([sums[0], sums[1], sums[2], sums[3]], sums[4])
}

/// Adds `a b` to the sums.
const fn accumulate(sums: &mut [u64; 6], a: u64, b: &Integer) {
    let mut carry = 0;
    let mut i = 0;
    while i < 4 {
        let sum = sums[i] as u128 + a as u128 * b[i] as u128 + carry as u128;
        sums[i] = sum as u64;
        carry = (sum >> 64) as u64;
        i += 1;
    }
    (sums[4], carry) = add_carry(sums[4], carry, 0);
    sums[5] += carry;
}

/// The Montgomery form of an integer below 2^256.
pub(crate) const fn enter(a: &Integer) -> Integer {
    mul(a, &ENTER)
}

/// The integer below the prime of a Montgomery form.
pub(crate) const fn leave(a: &Integer) -> Integer {
    mul(a, &[1, 0, 0, 0])
}

/// `2^260 a` modulo the prime: the Montgomery form of the vector backends.
#[cfg(target_arch = "x86_64")]
pub(crate) const fn times_2_to_260(a: &Integer) -> Integer {
    let mut result = enter(a);
    let mut i = 256;
    while i < 260 {
        result = add(&result, &result);
        i += 1;
    }
    result
}

/// The field on the portable backend.
#[derive(Clone, Copy)]
pub(crate) struct GfP256;

/// An element, below the prime: there is nothing to carry.
#[derive(Clone, Copy)]
pub(crate) struct Element(pub(super) Integer);

impl Element {
    /// [`reduce_once`], for secrets.
    #[inline(always)]
    fn reduce_once((a, top): (Integer, u64)) -> Self {
        let (reduced, keep) = less_prime(&a, top);
        Self(choose_secretly(keep, &a, &reduced))
    }
}

impl Field for GfP256 {
    type Isa = Portable;
    type Factor = Element;
    type Product = Element;

    #[inline(always)]
    fn constant(_: Portable, value: &Integer) -> Element {
        Element(enter(value))
    }

    #[inline(always)]
    fn from_integers(integers: &Integer) -> Element {
        Element(enter(integers))
    }

    #[inline(always)]
    fn to_integers(element: &Element) -> Integer {
        Element::reduce_once(mul_integers(&element.0, &[1, 0, 0, 0])).0
    }

    #[inline(always)]
    fn mul(a: &Element, b: &Element) -> Element {
        Element::reduce_once(mul_integers(&a.0, &b.0))
    }

    #[inline(always)]
    fn square(a: &Element) -> Element {
        Element::reduce_once(mul_integers(&a.0, &a.0))
    }

    #[inline(always)]
    fn carry(a: &Element) -> Element {
        *a
    }

    #[inline(always)]
    fn add(a: &Element, b: &Element) -> Element {
        Element::reduce_once(add_integers(&a.0, &b.0))
    }

    #[inline(always)]
    fn sub(a: &Element, b: &Element) -> Element {
        let (difference, borrow) = sub_integers(&a.0, &b.0);
        let (wrapped, _) = add_integers(&difference, &PRIME);
        Element(choose_secretly(borrow, &wrapped, &difference))
    }

    #[inline(always)]
    fn select(mask: &Mask, a: &Element, b: &Element) -> Element {
        let ([a, b, c, d], [e, f, g, h]) = (a.0, b.0);
        Element([
            mask.select(a, e),
            mask.select(b, f),
            mask.select(c, g),
            mask.select(d, h),
        ])
    }

    #[inline(always)]
    fn invert(a: &Element) -> Element {
        inverse::invert::<Self>(a)
    }

    #[inline(always)]
    fn is_zero(a: &Element) -> Mask {
        Mask::is_zero(a.0[0] | a.0[1] | a.0[2] | a.0[3])
    }
}

impl field::GfP256 for GfP256 {
    type Sum = Element;

    #[inline(always)]
    fn sum(a: &Element) -> Element {
        *a
    }

    #[inline(always)]
    fn plus(a: &Element, b: &Element) -> Element {
        Self::add(a, b)
    }

    #[inline(always)]
    fn minus(a: &Element, b: &Element) -> Element {
        Self::sub(a, b)
    }

    #[inline(always)]
    fn negate_if(mask: &Mask, a: &Element) -> Element {
        Self::select(mask, &Self::sub(&Element([0; 4]), a), a)
    }

    #[inline(always)]
    fn reduce(a: &Element) -> Element {
        *a
    }

    #[inline(always)]
    fn mul_sub(a: &Element, b: &Element, c: &Element, d: &Element) -> Element {
        Self::sub(&Self::mul(a, b), &Self::mul(c, d))
    }

    #[inline(always)]
    fn mul_sub_square(a: &Element, b: &Element, c: &Element) -> Element {
        Self::sub(&Self::mul(a, b), &Self::square(c))
    }
}

/// One coordinate of every entry of a window.
pub(crate) type Column = [Integer; table::ENTRIES];

static WINDOWS: [[Column; 2]; table::WINDOWS] = {
    let mut windows = [[[[0; 4]; table::ENTRIES]; 2]; table::WINDOWS];
    let mut i = 0;
    while i < table::WINDOWS * table::ENTRIES {
        let (window, entry) = (i / table::ENTRIES, i % table::ENTRIES);
        let [x, y] = &table::MULTIPLES[window][entry];
        windows[window][0][entry] = enter(x);
        windows[window][1][entry] = enter(y);
        i += 1;
    }
    windows
};

impl CombField<2> for GfP256 {
    type Column = Column;

    fn windows() -> &'static [[Column; 2]] {
        &WINDOWS
    }

    #[inline(always)]
    fn lookup(column: &Column, index: &u64) -> Element {
        let mut result = Element([0; 4]);
        for (entry, integer) in (0..).zip(column) {
            let found = Mask::is_zero(entry ^ index);
            result = Self::select(&found, &Element(*integer), &result);
        }
        result
    }
}
