//! Big integers, for tests.

use num_bigint::BigUint;

use crate::integer::Integer;

/// The integer of four words.
pub(crate) fn big(integer: &Integer) -> BigUint {
    let words = integer.iter().rev();
    words.fold(BigUint::ZERO, |value, word| (value << 64) + *word)
}

/// The words of an integer below 2^256.
pub(crate) fn words(value: &BigUint) -> Integer {
    let mut words = [0; 4];
    for (word, digit) in words.iter_mut().zip(value.iter_u64_digits()) {
        *word = digit;
    }
    words
}

/// 2 to a power.
pub(crate) fn power(exponent: usize) -> BigUint {
    BigUint::from(1u8) << exponent
}

/// 2^255 - 19.
pub(crate) fn prime_25519() -> BigUint {
    power(255) - 19u8
}

/// 2^256 - 2^224 + 2^192 + 2^96 - 1.
pub(crate) fn prime_p256() -> BigUint {
    power(256) - power(224) + power(192) + power(96) - 1u8
}
