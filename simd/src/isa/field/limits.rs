//! How elements lie in limbs, and how far the ranges in `docs` reach: for tests.

use num_bigint::BigUint;

use super::Field;

/// The form of a field's elements on one instruction set.
pub(crate) struct Limits {
    /// Where the lowest bit of each limb lies.
    pub(crate) positions: &'static [usize],
    /// The largest limbs of a factor.
    pub(crate) factor: &'static [u64],
    /// How many bits of a factor's limb count.
    pub(crate) counted: u32,
    /// The largest limbs of a product.
    pub(crate) product: &'static [u64],
    /// A factor's value is below 2 to this power, if its limbs do not say so.
    pub(crate) factor_bits: Option<usize>,
    /// A product's value is below 2 to this power, if its limbs do not say so.
    pub(crate) product_bits: Option<usize>,
    /// Whether a value must be below the prime besides.
    pub(crate) canonical: bool,
    /// The limbs hold the element times 2 to this power (Montgomery).
    pub(crate) montgomery: usize,
}

/// A field whose elements tests can make of limbs.
pub(crate) trait Limbed: Field {
    /// The form of its elements.
    const LIMITS: Limits;

    /// The factors with the limbs given for each lane.
    fn factor(isa: Self::Isa, lanes: &[&[u64]]) -> Self::Factor;
    /// The products with the limbs given for each lane.
    fn product(isa: Self::Isa, lanes: &[&[u64]]) -> Self::Product;
}

impl Limits {
    /// The integer that a factor's limbs add up to.
    pub(crate) fn factor_value(&self, limbs: &[u64]) -> BigUint {
        self.value(limbs, u64::MAX >> (64 - self.counted))
    }

    /// The integer that a product's limbs add up to.
    pub(crate) fn product_value(&self, limbs: &[u64]) -> BigUint {
        self.value(limbs, u64::MAX)
    }

    fn value(&self, limbs: &[u64], mask: u64) -> BigUint {
        let terms = limbs.iter().zip(self.positions);
        terms
            .map(|(limb, position)| BigUint::from(limb & mask) << position)
            .sum()
    }

    /// The bits of limb `i`, but for the last.
    fn width(&self, i: usize) -> usize {
        self.positions[i + 1] - self.positions[i]
    }

    /// The limbs of an integer, as far as they are below 2^64: all but the last are
    /// of their width.
    fn split(&self, integer: &BigUint) -> Option<Vec<u64>> {
        let count = self.positions.len();
        let limb = |i: usize| {
            let rest = integer >> self.positions[i];
            match i + 1 == count {
                true => u64::try_from(rest).ok(),
                false => u64::try_from(rest % (BigUint::from(1u8) << self.width(i))).ok(),
            }
        };
        (0..count).map(limb).collect()
    }

    /// Limbs at the ends of their range and around every carry, and integers at the
    /// ends of theirs: 0, the multiples of the prime and their neighbours, and those
    /// given.
    pub(crate) fn patterns(
        &self,
        largest: &[u64],
        prime: &BigUint,
        integers: &[BigUint],
    ) -> Vec<Vec<u64>> {
        let count = largest.len();
        let at = |i: usize, here: u64, elsewhere: &dyn Fn(usize) -> u64| -> Vec<u64> {
            let limb = |j| if j == i { here } else { elsewhere(j) };
            (0..count).map(limb).collect()
        };
        let mut patterns = vec![largest.to_vec()];
        patterns.push(largest.iter().map(|limb| limb - 1).collect());
        for i in 0..count {
            patterns.push(at(i, largest[i], &|_| 0));
            patterns.push(at(i, 0, &|j| largest[j]));
        }
        for i in 0..count - 1 {
            let carried = |j: usize| 1u64.checked_shl(self.width(j) as u32).unwrap_or(0);
            let ones = |j: usize| {
                if j + 1 < count {
                    carried(j).wrapping_sub(1)
                } else {
                    0
                }
            };
            patterns.push(at(i, carried(i), &|_| 0));
            patterns.push(at(i, carried(i), &ones));
        }
        let one = BigUint::from(1u8);
        for factor in 0..8u8 {
            let multiple = prime * factor;
            let before = (factor > 0).then(|| &multiple - &one);
            let around = [before, Some(&multiple + &one), Some(multiple)];
            patterns.extend(around.iter().flatten().filter_map(|v| self.split(v)));
        }
        patterns.extend(integers.iter().filter_map(|v| self.split(v)));
        patterns.retain(|limbs| self.admits(limbs, largest, prime));
        patterns.sort();
        patterns.dedup();
        patterns
    }

    /// Whether limbs are in their range.
    pub(crate) fn admits(&self, limbs: &[u64], largest: &[u64], prime: &BigUint) -> bool {
        let in_range = limbs
            .iter()
            .zip(largest)
            .all(|(limb, largest)| limb <= largest);
        in_range && !(self.canonical && self.product_value(limbs) >= *prime)
    }
}
