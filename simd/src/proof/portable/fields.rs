//! The theorems of the portable fields.

use num_bigint::BigInt;

use super::{interpreter::Program, values::Value};
use crate::{
    isa::{
        field::limits::{Limbed, Limits, Range},
        portable::{gf25519, gfp256},
    },
    modular::gfp256::power_of_two,
    proof::{
        engine::{self, Hints, Interval, Polynomial, Proved, Symbol, SymbolicInteger, power},
        theorems::theorem,
        words::{Integer as _, Word as _},
    },
};

/// A field, its program, and the ranges of its elements.
struct Theory {
    name: &'static str,
    program: Program<Symbol>,
    /// The type that has the operations.
    this: &'static str,
    factor: &'static str,
    product: &'static str,
    limits: Limits,
    prime: BigInt,
    hints: Hints,
}

fn curve25519() -> Theory {
    let mut program = Program::default();
    program.read(include_str!("../../integer.rs"));
    program.read(include_str!("../../modular/gf25519.rs"));
    program.read(include_str!("../../isa/portable/mod.rs"));
    program.read(include_str!("../../isa/portable/gf25519.rs"));
    Theory {
        name: "portable, 2^255 - 19:",
        program,
        this: "Gf25519",
        factor: "Factor",
        product: "Product",
        limits: gf25519::Gf25519::LIMITS,
        prime: power(255) - 19,
        hints: Hints {
            cases_from: Some(255),
            scales: &[],
        },
    }
}

fn nistp256() -> Theory {
    let mut program = Program::default();
    program.read(include_str!("../../integer.rs"));
    program.read(include_str!("../../modular/gfp256.rs"));
    program.read(include_str!("../../isa/portable/mod.rs"));
    program.read(include_str!("../../isa/portable/gfp256.rs"));
    let words = power_of_two(512).map(Value::Number);
    program.give("R_SQUARED", Value::Array(words.to_vec()));
    Theory {
        name: "portable, P-256:",
        program,
        this: "GfP256",
        factor: "Element",
        product: "Element",
        limits: gfp256::GfP256::LIMITS,
        prime: power(256) - power(224) + power(192) + power(96) - 1,
        hints: Hints {
            cases_from: None,
            scales: &[256, 512],
        },
    }
}

impl Theory {
    fn proves(&self, operation: &str, statement: &str, body: impl Fn()) {
        self.proves_with(self.hints.without_cases(), operation, statement, body);
    }

    fn proves_with(&self, hints: Hints, operation: &str, statement: &str, body: impl Fn()) {
        let name = format!("{} {operation}", self.name);
        theorem(&name, statement, || engine::prove(hints, body));
    }

    fn call(&self, name: &str, arguments: &[&Value]) -> Value {
        self.program.call(
            self.this,
            name,
            arguments.iter().map(|a| (*a).clone()).collect(),
        )
    }

    /// Any element in a range, of a type, and its value.
    fn any(&self, range: &Range, of: &str) -> (Value, Polynomial) {
        let any = |i: usize| engine::value(engine::input(Interval::new(0, range.largest[i])));
        let mut values: Vec<_> = (0..range.largest.len()).map(any).collect();
        if self.limits.canonical {
            // The value is what is free in place of the first limb.
            let value = engine::value(engine::input(Interval::below(self.prime.clone())));
            values[0] = Polynomial::default();
            values[0] = &value - &self.sum(&values);
        }
        let value = self.sum(&values);
        let limbs = values.iter().zip(range.largest);
        let limbs = limbs.map(|(limb, largest)| engine::given(limb, Interval::new(0, *largest)));
        let limbs = Value::Array(limbs.map(Value::U64).collect());
        (Value::Struct(of.to_owned(), vec![limbs]), value)
    }

    fn sum(&self, limbs: &[Polynomial]) -> Polynomial {
        let positions = self.limits.positions.iter().map(|p| *p as u32);
        Polynomial::weighted(limbs.iter().zip(positions))
    }

    fn any_factor(&self) -> (Value, Polynomial) {
        self.any(&self.limits.factor, self.factor)
    }

    fn any_product(&self) -> (Value, Polynomial) {
        self.any(&self.limits.product, self.product)
    }

    /// Obliges that an element is in a range; its value.
    fn value(&self, element: &Value, range: &Range) -> Polynomial {
        let limbs = element.parts()[0].parts();
        let values: Vec<_> = limbs
            .iter()
            .zip(range.largest)
            .map(|(limb, largest)| {
                engine::oblige_in(limb.word(), Interval::new(0, *largest), "a limb");
                engine::value(limb.word())
            })
            .collect();
        let value = self.sum(&values);
        if self.limits.canonical {
            engine::oblige_bound(&value, Interval::below(self.prime.clone()), "the element");
        }
        value
    }

    fn factor_value(&self, factor: &Value) -> Polynomial {
        self.value(factor, &self.limits.factor)
    }

    fn product_value(&self, product: &Value) -> Polynomial {
        self.value(product, &self.limits.product)
    }

    fn congruent(&self, a: &Polynomial, b: &Polynomial) {
        engine::oblige_congruent(a, b, &self.prime, "the result");
    }

    fn times_r(&self, a: &Polynomial) -> Polynomial {
        a.shifted(self.limits.montgomery as u32)
    }

    fn arithmetic(&self) {
        self.proves("mul", "R a b is the product of the operands", || {
            let ((a, x), (b, y)) = (self.any_factor(), self.any_factor());
            let product = self.product_value(&self.call("mul", &[&a, &b]));
            self.congruent(&self.times_r(&product), &(&x * &y));
        });
        self.proves(
            "square",
            "R times the result is the operand squared",
            || {
                let (a, x) = self.any_factor();
                let product = self.product_value(&self.call("square", &[&a]));
                self.congruent(&self.times_r(&product), &(&x * &x));
            },
        );
        self.proves("add", "a + b", || {
            let ((a, x), (b, y)) = (self.any_product(), self.any_product());
            self.congruent(&self.factor_value(&self.call("add", &[&a, &b])), &(&x + &y));
        });
        self.proves("sub", "a - b", || {
            let ((a, x), (b, y)) = (self.any_product(), self.any_product());
            self.congruent(&self.factor_value(&self.call("sub", &[&a, &b])), &(&x - &y));
        });
        self.proves("negate_if", "-a where the mask is set, a elsewhere", || {
            let (a, x) = self.any_product();
            let (mask, truth) = any_mask();
            let result = self.factor_value(&self.call("negate_if", &[&mask, &a]));
            let expected = if truth {
                &Polynomial::default() - &x
            } else {
                x
            };
            self.congruent(&result, &expected);
        });
        self.integers();
    }

    /// Sums, which are elements here.
    fn sums(&self) {
        self.proves("sum and reduce", "the same element", || {
            let (a, x) = self.any_product();
            for operation in ["sum", "reduce"] {
                let same = self.product_value(&self.call(operation, &[&a]));
                self.congruent(&same, &x);
            }
        });
        self.proves("plus", "a + b", || {
            let ((a, x), (b, y)) = (self.any_product(), self.any_product());
            let sum = self.product_value(&self.call("plus", &[&a, &b]));
            self.congruent(&sum, &(&x + &y));
        });
        self.proves("minus", "a - b", || {
            let ((a, x), (b, y)) = (self.any_product(), self.any_product());
            let difference = self.product_value(&self.call("minus", &[&a, &b]));
            self.congruent(&difference, &(&x - &y));
        });
    }

    /// What chooses and renames only.
    fn choices(&self) {
        self.proves("carry", "the same element", || {
            let (a, x) = self.any_product();
            self.congruent(&self.factor_value(&self.call("carry", &[&a])), &x);
        });
        self.proves("select", "a where the mask is set, b elsewhere", || {
            let ((a, x), (b, y)) = (self.any_factor(), self.any_factor());
            let (mask, truth) = any_mask();
            let selected = self.factor_value(&self.call("select", &[&mask, &a, &b]));
            engine::oblige_bound(
                &(&selected - if truth { &x } else { &y }),
                Interval::point(0),
                "the element",
            );
        });
    }

    fn integers(&self) {
        self.proves("from_integers", "R times the integer", || {
            let words: [_; 4] = core::array::from_fn(|i| {
                let bits = if i == 3 && self.limits.montgomery == 0 {
                    63
                } else {
                    64
                };
                engine::input(Interval::bits(bits))
            });
            let integer = engine::integer_value(integer_of(&words.map(Value::U64)));
            let words = Value::Array(words.map(Value::U64).to_vec());
            let product = self.product_value(&self.call("from_integers", &[&words]));
            self.congruent(&product, &self.times_r(&integer));
        });
        self.proves_with(
            self.hints,
            "to_integers",
            "the integer below the prime, R times which is congruent",
            || {
                let (a, x) = self.any_factor();
                let integer = integer_of(self.call("to_integers", &[&a]).parts());
                let below = Interval::below(self.prime.clone());
                engine::oblige_integer_in(integer, below, "the integer");
                self.congruent(&self.times_r(&engine::integer_value(integer)), &x);
            },
        );
        self.proves_with(
            self.hints,
            "is_zero",
            "whether that integer is zero",
            || {
                let (a, _) = self.any_factor();
                // In Montgomery form the integer is zero exactly if the element is.
                let words = match self.limits.canonical {
                    true => a.parts()[0].clone(),
                    false => self.call("to_integers", &[&a]),
                };
                if truth_of(&self.call("is_zero", &[&a])) {
                    for word in words.parts() {
                        engine::oblige_in(word.word(), Interval::point(0), "a word");
                    }
                } else {
                    let nonzero = Interval::new(1, power(256));
                    let integer = integer_of(words.parts());
                    engine::oblige_integer_in(integer, nonzero, "the integer");
                }
            },
        );
    }
}

/// The mask of either truth value.
fn any_mask() -> (Value, bool) {
    let truth = engine::any_truth();
    let word = Value::Number(if truth { u64::MAX } else { 0 });
    (Value::Struct("Mask".to_owned(), vec![word]), truth)
}

/// The truth value that a mask is, in the case at hand.
fn truth_of(mask: &Value) -> bool {
    match engine::as_constant(mask.parts()[0].word()) {
        Some(0) => false,
        Some(u64::MAX) => true,
        other => panic!("a mask of {other:?}"),
    }
}

/// The integer of words, the lowest first.
pub(super) fn integer_of(words: &[Value]) -> SymbolicInteger {
    let half = Symbol::constant(1 << 32).unsigned();
    let nothing = Symbol::constant(0).unsigned();
    words.iter().rev().fold(nothing, |above, word| {
        above.times(half).times(half).plus(word.word().unsigned())
    })
}

#[test]
fn portable_curve25519() {
    let theory = curve25519();
    theory.arithmetic();
    theory.choices();
    theory.proves("add_a24_times", "a + 121665 b", || {
        let ((a, x), (b, y)) = (theory.any_product(), theory.any_factor());
        let sum = theory.factor_value(&theory.call("add_a24_times", &[&a, &b]));
        theory.congruent(&sum, &(&x + &y.scaled(&BigInt::from(121_665))));
    });
    theory.proves("add_sub", "a + b - c", || {
        let [(a, x), (b, y), (c, z)] = core::array::from_fn(|_| theory.any_product());
        let result = theory.factor_value(&theory.call("add_sub", &[&a, &b, &c]));
        theory.congruent(&result, &(&(&x + &y) - &z));
    });
    theory.proves("twice_add_sub", "2 a + b - c", || {
        let [(a, x), (b, y), (c, z)] = core::array::from_fn(|_| theory.any_product());
        let result = theory.factor_value(&theory.call("twice_add_sub", &[&a, &b, &c]));
        theory.congruent(&result, &(&(&(&x + &x) + &y) - &z));
    });
}

#[test]
fn portable_nistp256() {
    let theory = nistp256();
    theory.choices();
    theory.arithmetic();
    theory.sums();
    differences_of_products();
}

/// The differences of products are those operations, one after the other, that are proved alone.
fn differences_of_products() {
    let mut theory = nistp256();
    for operation in ["mul", "square", "sub"] {
        theory.program.leave(theory.this, operation);
    }
    let say = |operation: &str, statement: &str, arguments: &[&str], expected: Value| {
        let name = format!("{} {operation}", theory.name);
        theorem(&name, statement, || {
            let arguments: Vec<_> = arguments.iter().map(|name| named(name, &[])).collect();
            let result = theory.call(operation, &arguments.iter().collect::<Vec<_>>());
            assert_eq!(format!("{result:?}"), format!("{expected:?}"), "{name}");
            Proved {
                obligations: 1,
                cases: 1,
                steps: 0,
            }
        });
    };
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|name| named(name, &[]));
    let first = named("mul", &[&a, &b]);
    say(
        "mul_sub",
        "`sub` of `mul` of a and b and of `mul` of c and d",
        &["a", "b", "c", "d"],
        named("sub", &[&first, &named("mul", &[&c, &d])]),
    );
    say(
        "mul_sub_square",
        "`sub` of `mul` of a and b and of `square` of c",
        &["a", "b", "c"],
        named("sub", &[&first, &named("square", &[&c])]),
    );
}

/// The result of a function that is left as it is; an argument, if of none.
fn named(name: &str, arguments: &[&Value]) -> Value {
    let arguments = arguments.iter().map(|argument| (*argument).clone());
    Value::Struct(name.to_owned(), arguments.collect())
}
