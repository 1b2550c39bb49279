//! Elements of any value in their ranges, and the values of elements.

use num_bigint::BigInt;

use crate::{
    isa::{
        Isa,
        field::{
            Field,
            limits::{Limbed, Limits, Range},
        },
    },
    proof::{
        engine::{self, Hints, Interval, Polynomial, Symbol, SymbolicInteger, power},
        words::{Integer as _, Word},
    },
};

/// A field over symbolic words.
pub(crate) trait Symbolic: Field {
    /// The field that ships, whose ranges these are.
    type Shipped: Limbed;

    /// What helps with the canonical integer.
    const HINTS: Hints;

    fn prime() -> BigInt;

    fn factor(limbs: &[Symbol]) -> Self::Factor;
    fn factor_limbs(factor: &Self::Factor) -> Vec<Symbol>;
    fn product(limbs: &[Symbol]) -> Self::Product;
    fn product_limbs(product: &Self::Product) -> Vec<Symbol>;
    fn integers(words: [Symbol; 4]) -> <Self::Isa as Isa>::Integers;
    fn words(integers: &<Self::Isa as Isa>::Integers) -> [Symbol; 4];
    fn mask(value: bool) -> <Self::Isa as Isa>::Mask;
    fn truth(mask: &<Self::Isa as Isa>::Mask) -> bool;
}

/// The ranges of a field's elements.
pub(crate) const fn limits<F: Symbolic>() -> Limits {
    F::Shipped::LIMITS
}

/// Limbs of which some low bits count.
struct Form {
    limits: Limits,
    range: Range,
    counted: u32,
}

impl Form {
    fn factor<F: Symbolic>() -> Self {
        let limits = limits::<F>();
        Self {
            range: limits.factor,
            counted: limits.counted,
            limits,
        }
    }

    fn product<F: Symbolic>() -> Self {
        let limits = limits::<F>();
        Self {
            range: limits.product,
            counted: u64::BITS,
            limits,
        }
    }

    /// The range of what counts of a limb.
    fn limb(&self, i: usize) -> Interval {
        let counts = power(self.counted) - 1;
        Interval::new(0, BigInt::from(self.range.largest[i]).min(counts))
    }

    /// Whether a limb may have anything above what counts.
    fn is_open(&self, i: usize) -> bool {
        BigInt::from(self.range.largest[i]) >= power(self.counted)
    }

    /// The sum of limbs at their positions.
    fn sum(&self, limbs: &[Polynomial]) -> Polynomial {
        let positions = self.limits.positions.iter().map(|p| *p as u32);
        Polynomial::weighted(limbs.iter().zip(positions))
    }

    /// Any limbs in the range, and their value. If the value has a range of its own, it is
    /// what is free in place of the first limb.
    fn any(&self, anything_above: bool) -> (Vec<Symbol>, Polynomial) {
        let any = |range| engine::value(engine::input(range));
        let value = self.range.value_bits.map(|bits| any(Interval::bits(bits)));
        let free = |i| match (i, &value) {
            (0, Some(_)) => Polynomial::default(),
            _ => any(self.limb(i)),
        };
        let mut low: Vec<_> = (0..self.range.largest.len()).map(free).collect();
        if let Some(value) = &value {
            low[0] = value - &self.sum(&low);
        }
        let word = |(i, low): (usize, &Polynomial)| {
            let alone = engine::given(low, self.limb(i));
            if !anything_above && !self.is_open(i) {
                return alone;
            }
            let above = engine::input(Interval::bits(u64::BITS - self.counted));
            alone.or(above.times(Symbol::constant(1 << self.counted)))
        };
        let limbs = low.iter().enumerate().map(word).collect();
        (limbs, self.sum(&low))
    }

    /// Obliges that limbs are in the range; their value.
    fn oblige(&self, limbs: &[Symbol], what: &str) -> Polynomial {
        let mut value = Symbol::constant(0).unsigned();
        for (i, limb) in limbs.iter().enumerate() {
            if !self.is_open(i) {
                engine::oblige_in(*limb, self.limb(i), &format!("limb {i} of {what}"));
            }
            let weight = power_of_two(self.limits.positions[i] as u32);
            value = value.plus(limb.low(self.counted).times(weight));
        }
        if let Some(bits) = self.range.value_bits {
            engine::oblige_integer_in(value, Interval::bits(bits), what);
        }
        engine::integer_value(value)
    }
}

/// The integer that a power of two is.
fn power_of_two(exponent: u32) -> SymbolicInteger {
    let step = Symbol::constant(1 << 32).unsigned();
    let first = Symbol::constant(1 << (exponent % 32)).unsigned();
    (0..exponent / 32).fold(first, |power, _| power.times(step))
}

/// Any factor, and its value.
pub(crate) fn any_factor<F: Symbolic>() -> (F::Factor, Polynomial) {
    let (limbs, value) = Form::factor::<F>().any(false);
    (F::factor(&limbs), value)
}

/// Any factor that is only multiplied or selected: with anything above the bits that count.
pub(crate) fn any_operand<F: Symbolic>() -> (F::Factor, Polynomial) {
    let (limbs, value) = Form::factor::<F>().any(true);
    (F::factor(&limbs), value)
}

/// Any product, and its value.
pub(crate) fn any_product<F: Symbolic>() -> (F::Product, Polynomial) {
    let (limbs, value) = Form::product::<F>().any(false);
    (F::product(&limbs), value)
}

/// Obliges that a factor is in its range; its value.
pub(crate) fn factor_value<F: Symbolic>(factor: &F::Factor) -> Polynomial {
    Form::factor::<F>().oblige(&F::factor_limbs(factor), "a factor")
}

/// Obliges that a product is in its range; its value.
pub(crate) fn product_value<F: Symbolic>(product: &F::Product) -> Polynomial {
    Form::product::<F>().oblige(&F::product_limbs(product), "a product")
}
