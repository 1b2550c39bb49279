//! What a program in the portable backend's subset of Rust computes with.

use num_bigint::BigInt;

use crate::proof::{
    engine::{self, Interval, Symbol, SymbolicInteger},
    words::{Integer as _, Word},
};

/// A value of the program.
#[derive(Clone, Debug)]
pub(super) enum Value {
    U64(Symbol),
    U128(SymbolicInteger),
    /// An index, or a literal whose type is not told.
    Number(u64),
    Bool(bool),
    Tuple(Vec<Value>),
    Array(Vec<Value>),
    /// A tuple struct.
    Struct(String, Vec<Value>),
}

/// The types of words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    U64,
    U128,
    Number,
}

impl Value {
    /// The parts of an array, a tuple or a struct.
    pub(super) fn parts(&self) -> &[Value] {
        match self {
            Self::Tuple(parts) | Self::Array(parts) | Self::Struct(_, parts) => parts,
            _ => panic!("a word has no parts"),
        }
    }

    pub(super) fn parts_mut(&mut self) -> &mut Vec<Value> {
        match self {
            Self::Tuple(parts) | Self::Array(parts) | Self::Struct(_, parts) => parts,
            _ => panic!("a word has no parts"),
        }
    }

    pub(super) fn number(&self) -> usize {
        match self {
            Self::Number(number) => *number as usize,
            _ => panic!("not an index"),
        }
    }

    /// The word, if it is one of 64 bits.
    pub(super) fn word(&self) -> Symbol {
        match self {
            Self::U64(word) => *word,
            Self::Number(number) => Symbol::constant(*number),
            _ => panic!("not a word"),
        }
    }

    /// The integer that a word is.
    fn integer(&self) -> SymbolicInteger {
        match self {
            Self::U128(integer) => *integer,
            _ => self.word().unsigned(),
        }
    }

    fn kind(&self) -> Type {
        match self {
            Self::U64(_) => Type::U64,
            Self::U128(_) => Type::U128,
            Self::Number(_) => Type::Number,
            _ => panic!("not a word"),
        }
    }

    /// As a type that is named.
    pub(super) fn cast(&self, name: &str) -> Self {
        match name {
            "u64" => match self {
                // The low bits.
                Self::U128(integer) => Self::U64(integer.word()),
                _ => Self::U64(self.word()),
            },
            "u128" => Self::U128(self.integer()),
            _ => panic!("a cast to {name}"),
        }
    }

    /// The result of an operator on two values.
    pub(super) fn operate(&self, operator: &str, other: &Self) -> Self {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) if operator == "&&" => Self::Bool(*a && *b),
            (Self::Number(a), Self::Number(b)) => on_numbers(*a, operator, *b),
            (_, Self::Number(bits)) if operator == ">>" => self.shifted_right(*bits as u32),
            (_, Self::Number(bits)) if operator == "<<" => {
                Self::U64(self.word().times(Symbol::constant(1 << bits)))
            }
            _ => self.on_words(operator, other),
        }
    }

    fn shifted_right(&self, bits: u32) -> Self {
        let quotient = self.integer().floor(bits);
        match self.kind() {
            Type::U128 => Self::U128(quotient),
            _ => Self::U64(quotient.word()),
        }
    }

    fn on_words(&self, operator: &str, other: &Self) -> Self {
        match operator {
            "&" => return Self::U64(self.word().and(other.word())),
            "|" => return Self::U64(self.word().or(other.word())),
            "^" => return Self::U64(self.word().xor(other.word())),
            "<" => return self.oblige_below(other),
            _ => {}
        }
        let (a, b) = (self.integer(), other.integer());
        let result = match operator {
            "+" => a.plus(b),
            "-" => a.minus(b),
            "*" => a.times(b),
            _ => panic!("the operator {operator}"),
        };
        let is_wide = [self.kind(), other.kind()].contains(&Type::U128);
        let range = Interval::bits(if is_wide { 128 } else { 64 });
        engine::oblige_integer_in(result, range, "no overflow");
        if is_wide {
            Self::U128(result)
        } else {
            Self::U64(result.word())
        }
    }

    /// A comparison is an assertion: no symbol decides what is done.
    fn oblige_below(&self, limit: &Self) -> Self {
        let limit = engine::as_constant(limit.word()).expect("a constant limit");
        let range = Interval::below(BigInt::from(limit));
        engine::oblige_integer_in(self.integer(), range, "an assertion of the source");
        Self::Bool(true)
    }

    /// The negative modulo 2^64. Zero is a case of its own.
    pub(super) fn wrapping_neg(&self) -> Self {
        let word = self.word();
        let _ = word.is_zero();
        Self::U64(Symbol::constant(0).minus(word))
    }

    /// The difference modulo 2^128.
    pub(super) fn wrapping_sub(&self, other: &Self) -> Self {
        assert!(self.kind() == Type::U128, "a difference of other than u128");
        Self::U128(self.integer().minus(other.integer()).low(128))
    }
}

fn on_numbers(a: u64, operator: &str, b: u64) -> Value {
    Value::Number(match operator {
        "<" => return Value::Bool(a < b),
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "%" => a % b,
        "/" => a / b,
        "<<" => a << b,
        ">>" => a >> b,
        "^" => a ^ b,
        "&" => a & b,
        _ => panic!("the operator {operator} on numbers"),
    })
}
