//! How elements lie in limbs, and how far the ranges in `docs` reach: for tests.

use num_bigint::BigUint;

use super::Field;

/// The form of a field's elements on one instruction set.
pub(crate) struct Limits {
    /// Where the lowest bit of each limb lies.
    pub(crate) positions: &'static [usize],
    /// The range of a factor.
    pub(crate) factor: Range,
    /// How many bits of a factor's limb count.
    pub(crate) counted: u32,
    /// The range of a product.
    pub(crate) product: Range,
    /// Whether a value must be below the prime besides.
    pub(crate) canonical: bool,
    /// The limbs hold the element times 2 to this power (Montgomery).
    pub(crate) montgomery: usize,
}

/// The range of a factor or of a product.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    /// The largest limbs.
    pub(crate) largest: &'static [u64],
    /// The value is below 2 to this power, where the limbs alone do not say so.
    pub(crate) value_bits: Option<u32>,
}

impl Range {
    /// The range that its largest limbs make up.
    pub(crate) const fn of(largest: &'static [u64]) -> Self {
        Self {
            largest,
            value_bits: None,
        }
    }

    /// The same, of values below 2 to a power.
    pub(crate) const fn with_value_bits(self, bits: u32) -> Self {
        Self {
            value_bits: Some(bits),
            ..self
        }
    }
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
        range: &Range,
        prime: &BigUint,
        integers: &[BigUint],
    ) -> Vec<Vec<u64>> {
        let largest = range.largest;
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
        for limbs in &mut patterns {
            self.fit_last(limbs, range);
        }
        patterns.retain(|limbs| self.admits(limbs, range, prime));
        patterns.sort();
        patterns.dedup();
        patterns
    }

    /// Makes the last limb as small as the range of the value asks for.
    fn fit_last(&self, limbs: &mut [u64], range: &Range) {
        let (Some(bits), Some((last, others))) = (range.value_bits, limbs.split_last_mut()) else {
            return;
        };
        let position = self.positions[others.len()];
        let room = (BigUint::from(1u8) << bits) - 1u8;
        let others = self.product_value(others).min(room.clone());
        let most = (room - others) >> position;
        *last = u64::try_from(most).map_or(*last, |most| (*last).min(most));
    }

    /// Whether limbs are in their range.
    pub(crate) fn admits(&self, limbs: &[u64], range: &Range, prime: &BigUint) -> bool {
        let mut with_largest = limbs.iter().zip(range.largest);
        let in_range = with_largest.all(|(limb, largest)| limb <= largest);
        let value = || self.product_value(limbs);
        let fits = |bits: u32| value().bits() <= u64::from(bits);
        in_range && range.value_bits.is_none_or(fits) && !(self.canonical && value() >= *prime)
    }
}
