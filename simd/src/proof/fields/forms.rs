//! Elements of any value in their ranges, and the values of elements.

use num_bigint::BigInt;

use crate::{
    isa::{
        Isa,
        field::{
            Field,
            limits::{Limbed, Limits},
        },
    },
    proof::{
        engine::{self, Hints, Interval, Polynomial, Symbol, power},
        words::{Integer as _, Word},
    },
};

/// A field over symbolic words.
pub(crate) trait Symbolic: Field {
    /// The field that ships, whose ranges these are.
    type Shipped: Limbed;

    /// What helps with the canonical integer.
    const HINTS: Hints;

    const ISA: Self::Isa;

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

fn position(limits: &Limits, i: usize) -> u32 {
    limits.positions[i] as u32
}

/// The sum of limbs at their positions.
fn sum(limits: &Limits, limbs: &[Polynomial]) -> Polynomial {
    let terms = limbs.iter().enumerate();
    Polynomial::weighted(terms.map(|(i, limb)| (limb, position(limits, i))))
}

/// Any limbs in their ranges, of which the low bits count, and their value.
///
/// If the value has a range of its own, it is what is free in place of the first limb.
fn any_limbs(
    limits: &Limits,
    largest: &[u64],
    counted: u32,
    below: Option<usize>,
    anything_above: bool,
) -> (Vec<Symbol>, Polynomial) {
    let range = |i: usize| {
        let counts = power(counted) - 1;
        Interval::new(0, BigInt::from(largest[i]).min(counts))
    };
    let first = usize::from(below.is_some());
    let value = below.map(|bits| engine::value(engine::input(Interval::bits(bits as u32))));
    let mut low: Vec<_> = (first..largest.len())
        .map(|i| engine::value(engine::input(range(i))))
        .collect();
    if let Some(value) = &value {
        low.insert(0, Polynomial::default());
        low[0] = value - &sum(limits, &low);
    }
    let limbs = low.iter().enumerate().map(|(i, limb)| {
        let known = engine::given(limb, range(i));
        if anything_above || BigInt::from(largest[i]) >= power(counted) {
            let above = engine::input(Interval::bits(u64::BITS - counted));
            let word = engine::value(above).shifted(counted);
            let word = &word + limb;
            engine::given(&word, Interval::bits(u64::BITS))
        } else {
            known
        }
    });
    let limbs = limbs.collect();
    let value = value.unwrap_or_else(|| sum(limits, &low));
    (limbs, value)
}

/// Obliges that limbs are in their ranges; their value.
fn oblige_limbs(
    limits: &Limits,
    limbs: &[Symbol],
    largest: &[u64],
    counted: u32,
    below: Option<usize>,
    what: &str,
) -> Polynomial {
    let mut total: Option<engine::SymbolicInteger> = None;
    for (i, limb) in limbs.iter().enumerate() {
        if BigInt::from(largest[i]) < power(counted) {
            let range = Interval::new(0, largest[i]);
            engine::oblige_in(*limb, range, &format!("limb {i} of {what}"));
        }
        let weight = Symbol::constant(1)
            .unsigned()
            .times(power_of_two(position(limits, i)));
        let term = limb.low(counted).times(weight);
        total = Some(total.map_or(term, |total| total.plus(term)));
    }
    let total = total.expect("there are limbs");
    if let Some(bits) = below {
        engine::oblige_integer_in(total, Interval::bits(bits as u32), what);
    }
    engine::integer_value(total)
}

fn power_of_two(exponent: u32) -> engine::SymbolicInteger {
    let step = Symbol::constant(1 << 32).unsigned();
    let mut power = Symbol::constant(1 << (exponent % 32)).unsigned();
    for _ in 0..exponent / 32 {
        power = power.times(step);
    }
    power
}

/// Any factor, and its value.
pub(crate) fn any_factor<F: Symbolic>() -> (F::Factor, Polynomial) {
    let limits = limits::<F>();
    let (limbs, value) = any_limbs(
        &limits,
        limits.factor,
        limits.counted,
        limits.factor_bits,
        false,
    );
    (F::factor(&limbs), value)
}

/// Any factor that is only multiplied or selected: with anything above the bits that count.
pub(crate) fn any_operand<F: Symbolic>() -> (F::Factor, Polynomial) {
    let limits = limits::<F>();
    let (limbs, value) = any_limbs(
        &limits,
        limits.factor,
        limits.counted,
        limits.factor_bits,
        true,
    );
    (F::factor(&limbs), value)
}

/// Any product, and its value.
pub(crate) fn any_product<F: Symbolic>() -> (F::Product, Polynomial) {
    let limits = limits::<F>();
    let (limbs, value) = any_limbs(
        &limits,
        limits.product,
        u64::BITS,
        limits.product_bits,
        false,
    );
    (F::product(&limbs), value)
}

/// Obliges that a factor is in its range; its value.
pub(crate) fn factor_value<F: Symbolic>(factor: &F::Factor) -> Polynomial {
    let limits = limits::<F>();
    oblige_limbs(
        &limits,
        &F::factor_limbs(factor),
        limits.factor,
        limits.counted,
        limits.factor_bits,
        "a factor",
    )
}

/// Obliges that a product is in its range; its value.
pub(crate) fn product_value<F: Symbolic>(product: &F::Product) -> Polynomial {
    let limits = limits::<F>();
    oblige_limbs(
        &limits,
        &F::product_limbs(product),
        limits.product,
        u64::BITS,
        limits.product_bits,
        "a product",
    )
}
