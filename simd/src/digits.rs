//! The signed digits of public scalars.

use crate::integer::{Integer, add_integers};

/// Bits `position` to `position + width - 1` of an integer; those from 256 on are zero.
pub(crate) fn window(integer: &Integer, position: usize, width: usize) -> usize {
    let (word, shift) = (position / 64, position % 64);
    let low = integer[word] >> shift;
    let next = integer.get(word + 1).copied().unwrap_or(0);
    // In two shifts, because a shift by 64 is no shift.
    let high = (next << 1) << (63 - shift);
    ((low | high) & ((1 << width) - 1)) as usize
}

/// A digit: which entry of a table is its absolute value, and whether it is negative.
pub(crate) type Digit = (usize, bool);

/// A scalar in `COUNT` digits from -2^(WIDTH - 1) to 2^(WIDTH - 1) - 1.
///
/// It is held with 2^(WIDTH - 1) added at each digit, once for all of them; a digit is then a
/// window less that, and none depends on another.
pub(crate) struct Signed<const WIDTH: usize, const COUNT: usize>;

impl<const WIDTH: usize, const COUNT: usize> Signed<WIDTH, COUNT> {
    const OFFSET: Integer = {
        let mut offset = [0; 4];
        let mut i = 0;
        while i < COUNT {
            let bit = WIDTH * i + WIDTH - 1;
            offset[bit / 64] |= 1 << (bit % 64);
            i += 1;
        }
        offset
    };

    /// The form in which a scalar below 2^253 is held.
    pub(crate) fn hold(scalar: &Integer) -> Integer {
        add_integers(scalar, &Self::OFFSET).0
    }

    /// Digit `i` of a scalar so held.
    pub(crate) fn digit(held: &Integer, i: usize) -> Digit {
        let (window, half) = (window(held, WIDTH * i, WIDTH), 1 << (WIDTH - 1));
        (window.abs_diff(half), window < half)
    }
}

/// Digit `i` of an odd scalar in odd digits of `WIDTH` bits, of which the last has no sign: which
/// of 1, 3, 5 and so on it is, and whether it is negative.
pub(crate) fn odd_digit<const WIDTH: usize>(scalar: &Integer, i: usize) -> Digit {
    let window = window(scalar, 1 + WIDTH * i, WIDTH);
    let half = 1 << (WIDTH - 1);
    if WIDTH * (i + 1) >= 256 {
        (window, false)
    } else if window < half {
        (half - 1 - window, true)
    } else {
        (window - half, false)
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;
    use crate::{common::Randomness, isa::field::big::big};

    /// Scalars of `bits` bits: at both ends, and random ones.
    fn scalars(bits: usize) -> Vec<Integer> {
        let mut random = Randomness::new();
        let all = |word: u64| [word, word, word, word];
        let mut scalars = vec![[0; 4], [1, 0, 0, 0], all(u64::MAX)];
        scalars.extend([0x5555_5555_5555_5555, 0xaaaa_aaaa_aaaa_aaaa].map(all));
        scalars.extend((0..1000).map(|_| core::array::from_fn(|_| random.word())));
        for scalar in &mut scalars {
            scalar[3] &= u64::MAX >> (256 - bits);
        }
        scalars
    }

    fn value(magnitude: usize, negative: bool) -> BigInt {
        let magnitude = BigInt::from(magnitude);
        if negative { -magnitude } else { magnitude }
    }

    fn signed_digits_add_up<const WIDTH: usize, const COUNT: usize>() {
        for scalar in scalars(253) {
            let held = Signed::<WIDTH, COUNT>::hold(&scalar);
            let mut sum = BigInt::ZERO;
            for i in 0..COUNT {
                let (magnitude, negative) = Signed::<WIDTH, COUNT>::digit(&held, i);
                assert!(magnitude <= 1 << (WIDTH - 1));
                sum += value(magnitude, negative) << (WIDTH * i);
            }
            assert_eq!(sum, BigInt::from(big(&scalar)));
        }
    }

    #[test]
    fn signed_digits() {
        signed_digits_add_up::<5, 51>();
        signed_digits_add_up::<8, 32>();
    }

    #[test]
    fn odd_digits() {
        for mut scalar in scalars(256) {
            scalar[0] |= 1;
            let mut sum = BigInt::ZERO;
            for i in 0..32 {
                let (index, negative) = odd_digit::<8>(&scalar, i);
                assert!(index < 128);
                sum += value(2 * index + 1, negative) << (8 * i);
            }
            assert_eq!(sum, BigInt::from(big(&scalar)));
        }
    }
}
