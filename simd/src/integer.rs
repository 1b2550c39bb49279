//! 256-bit integers.

use core::hint::black_box;

/// A 256-bit integer: four 64-bit words, least significant first.
pub(crate) type Integer = [u64; 4];

/// `a + b + carry`, as a word and a carry.
pub(crate) const fn add_carry(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = a as u128 + b as u128 + carry as u128;
    (sum as u64, (sum >> 64) as u64)
}

/// `a - b - borrow`, as a word and a borrow.
pub(crate) const fn sub_borrow(a: u64, b: u64, borrow: u64) -> (u64, u64) {
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
pub(crate) const fn choose(bit: u64, a: &Integer, b: &Integer) -> Integer {
    let mask = bit.wrapping_neg();
    [
        b[0] ^ (mask & (a[0] ^ b[0])),
        b[1] ^ (mask & (a[1] ^ b[1])),
        b[2] ^ (mask & (a[2] ^ b[2])),
        b[3] ^ (mask & (a[3] ^ b[3])),
    ]
}

/// `a + b`, in five words.
pub(crate) const fn add_integers(a: &Integer, b: &Integer) -> (Integer, u64) {
    let (mut sum, mut carry) = ([0; 4], 0);
    let mut i = 0;
    while i < 4 {
        (sum[i], carry) = add_carry(a[i], b[i], carry);
        i += 1;
    }
    (sum, carry)
}
