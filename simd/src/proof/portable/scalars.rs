//! The theorems of the arithmetic modulo the orders of both groups.

use num_bigint::BigInt;

use super::{fields::integer_of, interpreter::Program, values::Value};
use crate::{
    curve25519,
    integer::Integer,
    isa::field::big::big,
    modular::order::Modulus,
    nistp256,
    proof::{
        engine::{self, Hints, Interval, Polynomial, Proved, Symbol, power},
        theorems::theorem,
    },
};

/// An order, and the program with what it is multiplied by.
struct Theory {
    name: &'static str,
    program: Program<Symbol>,
    modulus: Value,
    order: BigInt,
}

fn words(integer: &Integer) -> Value {
    Value::Array(integer.map(Value::Number).to_vec())
}

impl Theory {
    fn new(name: &'static str, order: &Integer) -> Self {
        let mut program = Program::default();
        program.read(include_str!("../../integer.rs"));
        program.read(include_str!("../../modular/gfp256.rs"));
        program.read(include_str!("../../modular/order.rs"));
        let this = Modulus::new(*order);
        let parts = vec![
            words(&this.modulus),
            Value::Number(this.quotient),
            words(&this.one),
            words(&this.r_squared),
        ];
        Self {
            name,
            program,
            modulus: Value::Struct("Modulus".to_owned(), parts),
            order: big(order).into(),
        }
    }

    fn proves(&self, operation: &str, statement: &str, body: impl Fn()) {
        let hints = Hints {
            cases_from: None,
            scales: &[256, 512],
        };
        let name = format!("{} {operation}", self.name);
        theorem(&name, statement, || engine::prove(hints, body));
    }

    fn call(&self, name: &str, arguments: &[&Value]) -> Value {
        let arguments = arguments.iter().map(|argument| (*argument).clone());
        let all = [self.modulus.clone()].into_iter().chain(arguments);
        self.program.call("Modulus", name, all.collect())
    }

    /// Any integer of four words, and its value.
    fn any(&self) -> (Value, Polynomial) {
        let words: [_; 4] = core::array::from_fn(|_| engine::input(Interval::bits(64)));
        let words = words.map(Value::U64).to_vec();
        let value = engine::integer_value(integer_of(&words));
        (Value::Array(words), value)
    }

    /// Any below the order: the value is what is free in place of the lowest word.
    fn any_below(&self) -> (Value, Polynomial) {
        let value = engine::value(engine::input(Interval::below(self.order.clone())));
        let mut words: Vec<_> = (0..4)
            .map(|_| engine::value(engine::input(Interval::bits(64))))
            .collect();
        words[0] = Polynomial::default();
        words[0] = &value - &sum(&words);
        let words = words
            .iter()
            .map(|word| Value::U64(engine::given(word, Interval::bits(64))));
        (Value::Array(words.collect()), value)
    }

    /// Obliges that a result is below the order; its value.
    fn below(&self, result: &Value) -> Polynomial {
        let integer = integer_of(result.parts());
        let below = Interval::below(self.order.clone());
        engine::oblige_integer_in(integer, below, "the result");
        engine::integer_value(integer)
    }

    fn congruent(&self, a: &Polynomial, b: &Polynomial) {
        engine::oblige_congruent(a, b, &self.order, "the result");
    }

    fn all(&self) {
        self.proves("mul", "below the order, and 2^256 times it is a b", || {
            let ((a, x), (b, y)) = (self.any(), self.any_below());
            let product = self.below(&self.call("mul", &[&a, &b]));
            self.congruent(&product.shifted(256), &(&x * &y));
        });
        self.proves("add", "a + b, below the order", || {
            let ((a, x), (b, y)) = (self.any_below(), self.any_below());
            let result = self.below(&self.call("add", &[&a, &b]));
            self.congruent(&result, &(&x + &y));
        });
        self.proves("complement", "the order less a", || {
            let (a, x) = self.any_below();
            let result = self.call("complement", &[&a]);
            let integer = integer_of(result.parts());
            let range = Interval::new(1, self.order.clone());
            engine::oblige_integer_in(integer, range, "the result");
            self.congruent(
                &engine::integer_value(integer),
                &(&Polynomial::default() - &x),
            );
        });
        self.proves("to_montgomery", "2^256 a, below the order", || {
            let (a, x) = self.any();
            let result = self.below(&self.call("to_montgomery", &[&a]));
            self.congruent(&result, &x.shifted(256));
        });
        self.proves("exceeds", "whether an integer is below the order", || {
            let (a, _) = self.any();
            let integer = integer_of(a.parts());
            let range = match self.call("exceeds", &[&a]) {
                Value::Bool(true) => Interval::below(self.order.clone()),
                _ => Interval::new(self.order.clone(), power(256) - 1),
            };
            engine::oblige_integer_in(integer, range, "the integer");
        });
    }
}

/// An integer of eight words is reduced by those operations that are proved alone: `mul` of the low half
/// and one, and of the high half and `r_squared`, whose sum it is. One is 2^256, so the first is the low
/// half; `r_squared` is 2^512, so the second is 2^256 times the high half.
fn reduction(name: &'static str, order: &Integer) {
    let mut theory = Theory::new(name, order);
    for operation in ["mul", "add"] {
        theory.program.leave("Modulus", operation);
    }
    let name = format!("{name} reduce");
    let statement = "`add` of `mul` of low and one and of `mul` of high and r_squared";
    theorem(&name, statement, || {
        let [_, _, one, r_squared] = theory.modulus.parts() else {
            panic!("a modulus");
        };
        let of = |operation: &str, a: &Value, b: &Value| {
            let parts = vec![theory.modulus.clone(), a.clone(), b.clone()];
            Value::Struct(operation.to_owned(), parts)
        };
        let [low, high] = ["low", "high"].map(|half| Value::Struct(half.to_owned(), Vec::new()));
        let (first, second) = (of("mul", &low, one), of("mul", &high, r_squared));
        let result = theory.call("reduce", &[&low, &high]);
        let expected = of("add", &first, &second);
        assert_eq!(format!("{result:?}"), format!("{expected:?}"), "{name}");
        Proved {
            obligations: 1,
            cases: 1,
            steps: 0,
        }
    });
}

fn sum(words: &[Polynomial]) -> Polynomial {
    Polynomial::weighted(words.iter().zip([0, 64, 128, 192]))
}

/// What a multiplication modulo the order needs is what its names say.
fn constants(order: &Integer) {
    let this = Modulus::new(*order);
    let n = big(order);
    assert_eq!(this.modulus, *order);
    assert_eq!(this.quotient.wrapping_mul(order[0]), u64::MAX);
    assert_eq!(big(&this.one), (big(&[1, 0, 0, 0]) << 256) % &n);
    assert_eq!(big(&this.r_squared), (big(&[1, 0, 0, 0]) << 512) % &n);
    assert!(this.exceeds(&this.one) && this.exceeds(&this.r_squared));
}

#[test]
fn scalars_of_curve25519() {
    constants(&curve25519::ORDER);
    let name = "order of curve25519:";
    Theory::new(name, &curve25519::ORDER).all();
    reduction(name, &curve25519::ORDER);
}

#[test]
fn scalars_of_nistp256() {
    constants(&nistp256::ORDER);
    let name = "order of P-256:";
    Theory::new(name, &nistp256::ORDER).all();
    reduction(name, &nistp256::ORDER);
}
