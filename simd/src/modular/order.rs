//! Arithmetic modulo the order of a group, on public scalars, in Montgomery form modulo 2^256.
//!
//! The time depends on the values.

use crate::{
    integer::{Integer, add_integers, sub_borrow, sub_integers},
    modular::gfp256::accumulate,
};

/// An odd modulus of more than 192 bits, and what multiplications modulo it need.
pub(crate) struct Modulus {
    pub(crate) modulus: Integer,
    /// -1 / modulus, modulo 2^64.
    pub(crate) quotient: u64,
    /// 2^256 modulo the modulus: one, in Montgomery form.
    pub(crate) one: Integer,
    /// 2^512 modulo the modulus.
    pub(crate) r_squared: Integer,
}

impl Modulus {
    pub(crate) const fn new(modulus: Integer) -> Self {
        let mut this = Self {
            modulus,
            quotient: minus_inverse(modulus[0]),
            one: [1, 0, 0, 0],
            r_squared: [0; 4],
        };
        let mut i = 0;
        while i < 256 {
            this.one = this.add(&this.one, &this.one);
            i += 1;
        }
        this.r_squared = this.one;
        while i < 512 {
            this.r_squared = this.add(&this.r_squared, &this.r_squared);
            i += 1;
        }
        this
    }

    /// Whether an integer is below the modulus.
    pub(crate) const fn exceeds(&self, a: &Integer) -> bool {
        sub_integers(a, &self.modulus).1 != 0
    }

    /// A value of five words, the last given apart, below twice the modulus, modulo the modulus.
    const fn reduce_once(&self, (a, top): (Integer, u64)) -> Integer {
        let (reduced, borrow) = sub_integers(&a, &self.modulus);
        let (_, keep) = sub_borrow(top, 0, borrow);
        if keep == 0 { reduced } else { a }
    }

    /// `a + b`, of integers below the modulus.
    pub(crate) const fn add(&self, a: &Integer, b: &Integer) -> Integer {
        self.reduce_once(add_integers(a, b))
    }

    /// `-a`, of an integer below the modulus: the modulus itself for zero.
    pub(crate) const fn complement(&self, a: &Integer) -> Integer {
        sub_integers(&self.modulus, a).0
    }

    /// `a b / 2^256`, below the modulus, of any integer and one below the modulus.
    pub(crate) const fn mul(&self, a: &Integer, b: &Integer) -> Integer {
        let mut sums = [0; 6];
        let mut i = 0;
        while i < 4 {
            accumulate(&mut sums, a[i], b);
            let quotient = sums[0].wrapping_mul(self.quotient);
            accumulate(&mut sums, quotient, &self.modulus);
            sums = [sums[1], sums[2], sums[3], sums[4], sums[5], 0];
            i += 1;
        }
        self.reduce_once(([sums[0], sums[1], sums[2], sums[3]], sums[4]))
    }

    /// The Montgomery form of any integer.
    pub(crate) const fn to_montgomery(&self, a: &Integer) -> Integer {
        self.mul(a, &self.r_squared)
    }

    /// An integer of eight words, least significant first.
    pub(crate) const fn reduce(&self, low: &Integer, high: &Integer) -> Integer {
        self.add(&self.mul(low, &self.one), &self.mul(high, &self.r_squared))
    }

    /// `1 / a` modulo a prime, both in Montgomery form: `a` to the power of the prime less two
    /// (Fermat), four bits at a time.
    pub(crate) fn invert(&self, a: &Integer) -> Integer {
        let mut powers = [self.one; 16];
        for i in 1..16 {
            powers[i] = self.mul(&powers[i - 1], a);
        }
        let (exponent, _) = sub_integers(&self.modulus, &[2, 0, 0, 0]);
        let mut result = self.one;
        for word in exponent.iter().rev() {
            for shift in (0..64).step_by(4).rev() {
                for _ in 0..4 {
                    result = self.mul(&result, &result);
                }
                result = self.mul(&result, &powers[(word >> shift & 15) as usize]);
            }
        }
        result
    }

    /// Inverts every element in place, none of which is zero, modulo a prime and in Montgomery
    /// form, with one inversion for all (Montgomery's trick).
    pub(crate) fn invert_all(&self, elements: &mut [Integer]) {
        let mut product = self.one;
        let mut prefixes = Vec::with_capacity(elements.len());
        for element in elements.iter() {
            prefixes.push(product);
            product = self.mul(&product, element);
        }
        let mut inverse = self.invert(&product);
        for (element, prefix) in elements.iter_mut().zip(&prefixes).rev() {
            let inverted = self.mul(&inverse, prefix);
            inverse = self.mul(&inverse, element);
            *element = inverted;
        }
    }
}

/// -1 / a modulo 2^64, for odd a: each step doubles how many bits are right (Newton), of which
/// there are three at first.
const fn minus_inverse(a: u64) -> u64 {
    let mut inverse = a;
    let mut bits = 3;
    while bits < 64 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(a.wrapping_mul(inverse)));
        bits *= 2;
    }
    inverse.wrapping_neg()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        common::Randomness,
        curve25519,
        isa::field::big::{big, power},
        nistp256,
    };

    /// Integers around zero, the modulus, its half and 2^256, and random ones.
    fn integers(modulus: &Integer, random: &mut Randomness) -> Vec<Integer> {
        let mut integers = vec![[0; 4], [1, 0, 0, 0], [2, 0, 0, 0], [u64::MAX; 4]];
        integers.push([u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX]);
        for difference in 0..3 {
            let difference = [difference, 0, 0, 0];
            integers.push(sub_integers(modulus, &difference).0);
            integers.push(add_integers(modulus, &difference).0);
        }
        integers.push(modulus.map(|word| word >> 1));
        integers.extend((0..40).map(|_| core::array::from_fn(|_| random.word())));
        integers
    }

    #[test]
    fn all_operations_are_those_of_big_integers() {
        let mut random = Randomness::new();
        let mut compared = 0;
        for modulus in [curve25519::ORDER, nistp256::ORDER] {
            let this = Modulus::new(modulus);
            let n = big(&modulus);
            let r_inverse = power(256).modpow(&(&n - 2u8), &n);
            let integers = integers(&modulus, &mut random);
            for a in &integers {
                assert_eq!(this.exceeds(a), big(a) < n);
                assert_eq!(big(&this.to_montgomery(a)), big(a) * power(256) % &n);
                for b in &integers {
                    let wide = big(a) + (big(b) << 256);
                    assert_eq!(big(&this.reduce(a, b)), wide % &n);
                    if this.exceeds(b) {
                        assert_eq!(big(&this.mul(a, b)), big(a) * big(b) * &r_inverse % &n);
                    }
                    if this.exceeds(a) && this.exceeds(b) {
                        assert_eq!(big(&this.add(a, b)), (big(a) + big(b)) % &n);
                        assert_eq!(big(&this.complement(b)), &n - big(b));
                    }
                    compared += 1;
                }
            }
        }
        println!("{compared} pairs compared with big integers");
        assert_eq!(compared, 2 * 52 * 52);
    }

    #[test]
    fn all_are_inverted() {
        let mut random = Randomness::new();
        for modulus in [curve25519::ORDER, nistp256::ORDER] {
            let this = Modulus::new(modulus);
            let integers = integers(&modulus, &mut random).into_iter();
            let reduced = integers.map(|a| this.reduce(&a, &[0; 4]));
            let integers: Vec<_> = reduced.filter(|a| *a != [0; 4]).collect();
            for count in [0, 1, 2, integers.len()] {
                let given: Vec<_> = integers[..count].to_vec();
                let mut inverses: Vec<_> = given.iter().map(|a| this.to_montgomery(a)).collect();
                this.invert_all(&mut inverses);
                for (a, inverse) in given.iter().zip(&inverses) {
                    // Of a Montgomery form and an integer the product is none.
                    assert_eq!(this.mul(a, inverse), [1, 0, 0, 0]);
                }
            }
            assert!(integers.len() > 40);
        }
    }
}
