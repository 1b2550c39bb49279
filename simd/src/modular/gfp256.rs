//! Arithmetic modulo the prime of P-256, in Montgomery form modulo 2^256.
//!
//! The functions are `const`: the compiler runs them to make the constants of all backends, and the
//! build script to make the tables. Every value is below the prime.

use crate::integer::{Integer, add_carry, add_integers, choose, sub_borrow, sub_integers};

/// 2^256 - 2^224 + 2^192 + 2^96 - 1.
pub(crate) const PRIME: Integer = [
    0xffff_ffff_ffff_ffff,
    0x0000_0000_ffff_ffff,
    0,
    0xffff_ffff_0000_0001,
];

/// 2^512 modulo the prime: what takes an integer into Montgomery form.
const R_SQUARED: Integer = power_of_two(512);

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

/// A value of five words, the last given apart, below twice the prime: less the
/// prime, and 1 if it was below the prime already.
pub(crate) const fn less_prime(a: &Integer, top: u64) -> (Integer, u64) {
    let (reduced, borrow) = sub_integers(a, &PRIME);
    let (_, keep) = sub_borrow(top, 0, borrow);
    (reduced, keep)
}

const fn reduce_once((a, top): (Integer, u64)) -> Integer {
    let (reduced, keep) = less_prime(&a, top);
    choose(keep, &a, &reduced)
}

/// `a + b` modulo the prime.
pub(crate) const fn add(a: &Integer, b: &Integer) -> Integer {
    reduce_once(add_integers(a, b))
}

/// `a b / 2^256` modulo the prime.
pub(crate) const fn mul(a: &Integer, b: &Integer) -> Integer {
    reduce_once(mul_integers(a, b))
}

/// A value below twice the prime that is congruent to `a b / 2^256`, in five words.
pub(crate) const fn mul_integers(a: &Integer, b: &Integer) -> (Integer, u64) {
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
pub(crate) const fn accumulate(sums: &mut [u64; 6], a: u64, b: &Integer) {
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
pub(crate) const fn to_montgomery(a: &Integer) -> Integer {
    mul(a, &R_SQUARED)
}
