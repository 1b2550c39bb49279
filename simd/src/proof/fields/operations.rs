//! The theorems of the fields: each for all inputs in range, with every assertion of the
//! source in between.

use num_bigint::BigInt;

use super::{
    Symbolic, any_factor, any_product, factor_value,
    forms::{any_operand, limits},
    product_value,
};
use crate::{
    isa::field,
    proof::{
        engine::{self, Hints, Interval, Polynomial, Symbol},
        theorems::theorem,
        vectors::{avx2, avx512ifma},
    },
};

/// The field of an operation, and its name.
struct Theory<F> {
    name: &'static str,
    field: core::marker::PhantomData<F>,
}

impl<F: Symbolic> Theory<F> {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            field: core::marker::PhantomData,
        }
    }

    /// Proves that an operation is what it should be. In a body, values are those of limbs:
    /// elements times `R`, in Montgomery form.
    fn proves(&self, operation: &str, statement: &str, body: impl Fn()) {
        self.proves_with(F::HINTS.without_cases(), operation, statement, body);
    }

    fn proves_with(&self, hints: Hints, operation: &str, statement: &str, body: impl Fn()) {
        let name = format!("{} {operation}", self.name);
        theorem(&name, statement, || engine::prove(hints, body));
    }
}

/// Obliges that values are congruent modulo the prime.
fn congruent<F: Symbolic>(a: &Polynomial, b: &Polynomial) {
    engine::oblige_congruent(a, b, &F::prime(), "the result");
}

/// Times what a Montgomery product is divided by.
fn times_r<F: Symbolic>(a: &Polynomial) -> Polynomial {
    a.shifted(limits::<F>().montgomery as u32)
}

/// The integer of four words.
fn integer_of(words: [Symbol; 4]) -> Polynomial {
    let words = words.map(|word| engine::low_value(word, 64));
    Polynomial::weighted(words.iter().zip([0, 64, 128, 192]))
}

fn field_operations<F: Symbolic>(theory: &Theory<F>) {
    theory.proves("mul", "R a b is the product of the operands", || {
        let ((a, x), (b, y)) = (any_operand::<F>(), any_operand::<F>());
        let product = product_value::<F>(&F::mul(&a, &b));
        congruent::<F>(&times_r::<F>(&product), &(&x * &y));
    });
    theory.proves(
        "square",
        "R times the result is the operand squared",
        || {
            let (a, x) = any_operand::<F>();
            let product = product_value::<F>(&F::square(&a));
            congruent::<F>(&times_r::<F>(&product), &(&x * &x));
        },
    );
    theory.proves("carry", "the same element", || {
        let (a, x) = any_product::<F>();
        congruent::<F>(&factor_value::<F>(&F::carry(&a)), &x);
    });
    theory.proves("add", "a + b", || {
        let ((a, x), (b, y)) = (any_product::<F>(), any_product::<F>());
        congruent::<F>(&factor_value::<F>(&F::add(&a, &b)), &(&x + &y));
    });
    theory.proves("add to itself", "a + a", || {
        let (a, x) = any_product::<F>();
        congruent::<F>(&factor_value::<F>(&F::add(&a, &a)), &(&x + &x));
    });
    theory.proves("sub", "a - b", || {
        let ((a, x), (b, y)) = (any_product::<F>(), any_product::<F>());
        congruent::<F>(&factor_value::<F>(&F::sub(&a, &b)), &(&x - &y));
    });
    theory.proves(
        "select",
        "a where the mask is set, b elsewhere, limb for limb",
        || {
            let ((a, _), (b, _)) = (any_operand::<F>(), any_operand::<F>());
            let mask = engine::any_truth();
            let selected = F::factor_limbs(&F::select(&F::mask(mask), &a, &b));
            for (limb, chosen) in selected
                .iter()
                .zip(F::factor_limbs(if mask { &a } else { &b }))
            {
                let difference = &engine::value(*limb) - &engine::value(chosen);
                engine::oblige_bound(&difference, Interval::point(0), "a limb");
            }
        },
    );
    integers(theory);
}

/// The ways from integers and to them.
fn integers<F: Symbolic>(theory: &Theory<F>) {
    theory.proves("from_integers", "R times the integer", || {
        let montgomery = limits::<F>().montgomery > 0;
        let words = core::array::from_fn(|i| {
            let bits = if i == 3 && !montgomery { 63 } else { 64 };
            engine::input(Interval::bits(bits))
        });
        let integer = integer_of(words);
        if montgomery {
            engine::assume_in(&integer, Interval::below(F::prime()));
        }
        let product = product_value::<F>(&F::from_integers(&F::integers(words)));
        congruent::<F>(&product, &times_r::<F>(&integer));
    });
    theory.proves_with(
        F::HINTS,
        "to_integers",
        "the integer below the prime, R times which is congruent",
        || {
            let (a, x) = any_factor::<F>();
            let integer = integer_of(F::words(&F::to_integers(&a)));
            congruent::<F>(&times_r::<F>(&integer), &x);
            engine::oblige_bound(&integer, Interval::below(F::prime()), "the integer");
        },
    );
    theory.proves_with(F::HINTS, "is_zero", "whether that integer is zero", || {
        let (a, _) = any_factor::<F>();
        let integer = integer_of(F::words(&F::to_integers(&a)));
        let range = if F::truth(&F::is_zero(&a)) {
            Interval::point(0)
        } else {
            Interval::new(1, F::prime() - 1)
        };
        engine::oblige_bound(&integer, range, "the integer");
    });
}

fn curve25519<F: Symbolic + field::Gf25519>(theory: &Theory<F>) {
    theory.proves("add_a24_times", "a + 121665 b", || {
        let ((a, x), (b, y)) = (any_product::<F>(), any_operand::<F>());
        let sum = factor_value::<F>(&F::add_a24_times(&a, &b));
        congruent::<F>(&sum, &(&x + &y.scaled(&BigInt::from(121_665))));
    });
    theory.proves("negate_if", "-a where the mask is set, a elsewhere", || {
        let (a, x) = any_product::<F>();
        let mask = engine::any_truth();
        let result = factor_value::<F>(&F::negate_if(&F::mask(mask), &a));
        congruent::<F>(&result, &negated(mask, x));
    });
    theory.proves("add_sub", "a + b - c", || {
        let [(a, x), (b, y), (c, z)] = core::array::from_fn(|_| any_product::<F>());
        let result = factor_value::<F>(&F::add_sub(&a, &b, &c));
        congruent::<F>(&result, &(&(&x + &y) - &z));
    });
    theory.proves("twice_add_sub", "2 a + b - c", || {
        let [(a, x), (b, y), (c, z)] = core::array::from_fn(|_| any_product::<F>());
        let result = factor_value::<F>(&F::twice_add_sub(&a, &b, &c));
        congruent::<F>(&result, &(&(&(&x + &x) + &y) - &z));
    });
}

fn negated(mask: bool, value: Polynomial) -> Polynomial {
    if mask {
        &Polynomial::default() - &value
    } else {
        value
    }
}

fn nistp256<F: SymbolicSum>(theory: &Theory<F>) {
    theory.proves("reduce", "the sum of up to 32 terms, as a factor", || {
        let (a, x) = F::any_sum(MOST_TERMS);
        congruent::<F>(&factor_value::<F>(&F::reduce(&a)), &x);
    });
    theory.proves(
        "mul_sub",
        "R times the result is a b - c d, as few terms as said",
        || {
            let [(a, w), (b, x), (c, y), (d, z)] = core::array::from_fn(|_| any_operand::<F>());
            let sum = F::sum_value(&F::mul_sub(&a, &b, &c, &d), F::TERMS_OF_DIFFERENCE);
            congruent::<F>(&times_r::<F>(&sum), &(&(&w * &x) - &(&y * &z)));
        },
    );
    theory.proves(
        "mul_sub_square",
        "R times the result is a b - c^2, as few terms as said",
        || {
            let [(a, w), (b, x), (c, y)] = core::array::from_fn(|_| any_operand::<F>());
            let sum = F::sum_value(&F::mul_sub_square(&a, &b, &c), F::TERMS_OF_DIFFERENCE);
            congruent::<F>(&times_r::<F>(&sum), &(&(&w * &x) - &(&y * &y)));
        },
    );
    theory.proves(
        "negate_if",
        "-a where the mask is set, a elsewhere: one term",
        || {
            let (a, x) = any_product::<F>();
            let mask = engine::any_truth();
            let result = F::sum_value(&F::negate_if(&F::mask(mask), &a), 1);
            congruent::<F>(&result, &negated(mask, x));
        },
    );
    theory.proves(
        "sum, plus and minus",
        "sums of terms, with the terms of both, 32 at most",
        || {
            for terms in 1..MOST_TERMS {
                let ((a, x), (b, y)) = (F::any_sum(terms), F::any_sum(MOST_TERMS - terms));
                congruent::<F>(&F::sum_value(&F::plus(&a, &b), MOST_TERMS), &(&x + &y));
                congruent::<F>(&F::sum_value(&F::minus(&a, &b), MOST_TERMS), &(&x - &y));
            }
            let ((a, x), (b, y)) = (any_product::<F>(), any_product::<F>());
            let (a, b) = (F::sum(&a), F::sum(&b));
            congruent::<F>(&F::sum_value(&F::plus(&a, &b), 2), &(&x + &y));
            congruent::<F>(&F::sum_value(&F::minus(&a, &b), 2), &(&x - &y));
        },
    );
}

/// The most terms of a sum.
const MOST_TERMS: u32 = 32;

/// A field of P-256, with sums of products.
trait SymbolicSum: Symbolic + field::GfP256 {
    /// As how many terms of a sum a difference of products counts.
    const TERMS_OF_DIFFERENCE: u32;
    /// The limbs of a term are less than 2 to this power, either way.
    const TERM_BITS: u32;

    fn sum_of(limbs: &[Symbol]) -> Self::Sum;
    fn sum_limbs(sum: &Self::Sum) -> Vec<Symbol>;

    /// Any sum of so many terms, and its value.
    fn any_sum(terms: u32) -> (Self::Sum, Polynomial) {
        let range = Self::range(terms);
        let limbs = limits::<Self>()
            .positions
            .iter()
            .map(|_| engine::input(range.clone()));
        let limbs: Vec<_> = limbs.collect();
        (Self::sum_of(&limbs), Self::value(&limbs))
    }

    /// Obliges that a sum has no more terms than said; its value.
    fn sum_value(sum: &Self::Sum, terms: u32) -> Polynomial {
        let limbs = Self::sum_limbs(sum);
        for limb in &limbs {
            engine::oblige_in(*limb, Self::range(terms), "a limb of a sum");
        }
        Self::value(&limbs)
    }

    /// The limbs of a sum of terms.
    fn range(terms: u32) -> Interval {
        let limit = BigInt::from(terms) * ((BigInt::from(1) << Self::TERM_BITS) - 1);
        Interval::new(-&limit, limit)
    }

    fn value(limbs: &[Symbol]) -> Polynomial {
        let positions = limits::<Self>().positions;
        let values: Vec<_> = limbs.iter().map(|limb| engine::value(*limb)).collect();
        Polynomial::weighted(values.iter().zip(positions.iter().map(|p| *p as u32)))
    }
}

macro_rules! symbolic_sum {
    ($isa:ident, $terms:literal, $bits:literal) => {
        impl SymbolicSum for $isa::gfp256::GfP256 {
            const TERMS_OF_DIFFERENCE: u32 = $terms;
            const TERM_BITS: u32 = $bits;

            fn sum_of(limbs: &[Symbol]) -> Self::Sum {
                $isa::gfp256::Sum(core::array::from_fn(|i| $isa::Vector(limbs[i])))
            }

            fn sum_limbs(sum: &Self::Sum) -> Vec<Symbol> {
                sum.0.iter().map(|limb| limb.0).collect()
            }
        }
    };
}

symbolic_sum!(avx512ifma, 1, 56);
symbolic_sum!(avx2, 2, 26);

/// The proofs of each field, as functions.
pub(crate) mod proofs {
    use super::{Theory, avx2, avx512ifma, curve25519, field_operations, nistp256};

    pub(crate) fn avx512ifma_25519() {
        let theory = Theory::<avx512ifma::gf25519::Gf25519>::new("AVX-512 IFMA, 2^255 - 19:");
        field_operations(&theory);
        curve25519(&theory);
    }

    pub(crate) fn avx512ifma_p256() {
        let theory = Theory::<avx512ifma::gfp256::GfP256>::new("AVX-512 IFMA, P-256:");
        field_operations(&theory);
        nistp256(&theory);
    }

    /// Two functions of each file have AVX2 enabled, symbolic or not.
    pub(crate) fn avx2_25519() {
        assert!(is_x86_feature_detected!("avx2"), "this CPU lacks AVX2");
        let theory = Theory::<avx2::gf25519::Gf25519>::new("AVX2, 2^255 - 19:");
        field_operations(&theory);
        curve25519(&theory);
    }

    pub(crate) fn avx2_p256() {
        assert!(is_x86_feature_detected!("avx2"), "this CPU lacks AVX2");
        let theory = Theory::<avx2::gfp256::GfP256>::new("AVX2, P-256:");
        field_operations(&theory);
        nistp256(&theory);
    }
}

#[test]
fn avx512ifma_curve25519() {
    proofs::avx512ifma_25519();
}

#[test]
fn avx512ifma_nistp256() {
    proofs::avx512ifma_p256();
}

#[test]
fn avx2_curve25519() {
    if is_x86_feature_detected!("avx2") {
        proofs::avx2_25519();
    } else {
        println!("NOT PROVED: 2^255 - 19 on AVX2, which this CPU lacks");
    }
}

#[test]
fn avx2_nistp256() {
    if is_x86_feature_detected!("avx2") {
        proofs::avx2_p256();
    } else {
        println!("NOT PROVED: P-256 on AVX2, which this CPU lacks");
    }
}
