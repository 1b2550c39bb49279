//! What a program in the portable backend's subset of Rust computes with.

use num_bigint::BigInt;

use crate::proof::{
    engine::{self, Interval, Symbol, SymbolicInteger},
    words::{Integer as _, Word},
};

/// Words that a program computes with.
pub(crate) trait Domain: Word {
    /// Obliges that an integer lies in a range.
    fn oblige_in(integer: Self::Integer, range: Interval, what: &str);

    /// The word, if it is the same whatever the inputs are.
    fn as_constant(self) -> Option<u64>;
}

impl Domain for Symbol {
    fn oblige_in(integer: SymbolicInteger, range: Interval, what: &str) {
        engine::oblige_integer_in(integer, range, what);
    }

    fn as_constant(self) -> Option<u64> {
        engine::as_constant(self)
    }
}

/// A value of the program.
#[derive(Clone, Debug)]
pub(crate) enum Value<W: Domain = Symbol> {
    U64(W),
    U128(W::Integer),
    /// An index, or a literal whose type is not told.
    Number(u64),
    Bool(bool),
    Tuple(Vec<Value<W>>),
    Array(Vec<Value<W>>),
    /// A tuple struct.
    Struct(String, Vec<Value<W>>),
}

/// The types of words.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    U64,
    U128,
    Number,
}

impl<W: Domain> Value<W> {
    /// The parts of an array, a tuple or a struct.
    pub(crate) fn parts(&self) -> &[Self] {
        match self {
            Self::Tuple(parts) | Self::Array(parts) | Self::Struct(_, parts) => parts,
            _ => panic!("a word has no parts"),
        }
    }

    pub(crate) fn parts_mut(&mut self) -> &mut Vec<Self> {
        match self {
            Self::Tuple(parts) | Self::Array(parts) | Self::Struct(_, parts) => parts,
            _ => panic!("a word has no parts"),
        }
    }

    pub(crate) fn number(&self) -> usize {
        match self {
            Self::Number(number) => *number as usize,
            _ => panic!("not an index"),
        }
    }

    /// The word, if it is one of 64 bits.
    pub(crate) fn word(&self) -> W {
        match self {
            Self::U64(word) => *word,
            Self::Number(number) => W::constant(*number),
            _ => panic!("not a word"),
        }
    }

    /// The integer that a word is.
    fn integer(&self) -> W::Integer {
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
    pub(crate) fn cast(&self, name: &str) -> Self {
        match name {
            "u64" => match self {
                // The low bits.
                Self::U128(integer) => Self::U64(integer.low(64).word()),
                _ => Self::U64(self.word()),
            },
            "u128" => Self::U128(self.integer()),
            // Of 64 bits: no other processor has lanes.
            "usize" => Self::U64(self.word()),
            _ => panic!("a cast to {name}"),
        }
    }

    /// The result of an operator on two values.
    pub(crate) fn operate(&self, operator: &str, other: &Self) -> Self {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) if operator == "&&" => Self::Bool(*a && *b),
            (Self::Number(a), Self::Number(b)) => on_numbers(*a, operator, *b),
            (_, Self::Number(bits)) if operator == ">>" => self.shifted_right(*bits as u32),
            (_, Self::Number(bits)) if operator == "<<" => self.shifted_left(*bits as u32),
            _ => self.on_words(operator, other),
        }
    }

    /// What goes past a word is lost.
    fn shifted_left(&self, bits: u32) -> Self {
        assert!(
            self.kind() == Type::U64 && bits < 64,
            "a shift of a word to the left"
        );
        let factor = W::constant(1 << bits).unsigned();
        Self::U64(self.integer().times(factor).low(64).word())
    }

    fn shifted_right(&self, bits: u32) -> Self {
        let width = if self.kind() == Type::U128 { 128 } else { 64 };
        assert!(bits < width, "a shift by as many bits as there are");
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
            "==" => return Self::Bool(self.is_equal(other)),
            "!=" => return Self::Bool(!self.is_equal(other)),
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
        W::oblige_in(result, range, "no overflow");
        if is_wide {
            Self::U128(result)
        } else {
            Self::U64(result.word())
        }
    }

    /// A comparison is an assertion: no symbol decides what is done.
    fn oblige_below(&self, limit: &Self) -> Self {
        let limit = limit.word().as_constant().expect("a constant limit");
        let range = Interval::below(BigInt::from(limit));
        W::oblige_in(self.integer(), range, "an assertion of the source");
        Self::Bool(true)
    }

    /// Whether two words are equal. Each answer is a case of its own.
    fn is_equal(&self, other: &Self) -> bool {
        let words = [self, other].map(|value| (value.kind() != Type::U128).then(|| value.word()));
        let [Some(a), Some(b)] = words else {
            panic!("a comparison of other than words");
        };
        let difference = match b.as_constant() {
            Some(0) => a,
            _ => a.minus(b),
        };
        difference.is_zero()
    }

    /// The product modulo 2^64.
    pub(crate) fn wrapping_mul(&self, other: &Self) -> Self {
        assert!(self.kind() == Type::U64, "a product of other than words");
        Self::U64(self.integer().times(other.integer()).low(64).word())
    }

    /// The negative modulo 2^64. Zero is a case of its own.
    pub(crate) fn wrapping_neg(&self) -> Self {
        let word = self.word();
        let _ = word.is_zero();
        Self::U64(W::constant(0).minus(word))
    }

    /// The difference modulo 2^128.
    pub(crate) fn wrapping_sub(&self, other: &Self) -> Self {
        assert!(self.kind() == Type::U128, "a difference of other than u128");
        Self::U128(self.integer().minus(other.integer()).low(128))
    }
}

fn on_numbers<W: Domain>(a: u64, operator: &str, b: u64) -> Value<W> {
    Value::Number(match operator {
        "<" => return Value::Bool(a < b),
        "==" => return Value::Bool(a == b),
        "!=" => return Value::Bool(a != b),
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
