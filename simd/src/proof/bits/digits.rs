//! The signed digits of public scalars add up to the scalar, for every scalar.
//!
//! A window is made of the bits that it names, whatever they are. A digit depends on nothing but its
//! window, and there are few windows: each is tried. What is left are sums of constants.

use num_bigint::{BigInt, BigUint};

use super::{bit_of, integer, same, words};
use crate::{
    curve25519::vartime::{BaseDigits, KeyDigits},
    digits::{Digit, odd_digit},
    integer::Integer,
    isa::field::big::{big, power, words as integer_of},
    proof::{
        portable::{interpreter::Program, values::Value},
        theorems::theorem,
    },
};

/// How a scalar is held, and its digits found.
struct Theory {
    name: &'static str,
    width: usize,
    count: usize,
    hold: fn(&Integer) -> Integer,
    digit: fn(&Integer, usize) -> Digit,
}

/// What a digit stands for; `times` and `plus` make a number of an index.
fn value((index, negative): Digit, times: i64, plus: i64) -> i64 {
    let magnitude = times * index as i64 + plus;
    if negative { -magnitude } else { magnitude }
}

/// An integer with a window at a position, and zeros else.
fn placed(window: usize, position: usize) -> Integer {
    integer_of(&(BigUint::from(window) << position))
}

/// The bits of a window are those from its position on, and none from 256 on.
fn windows_are_bits(positions: impl Iterator<Item = usize>, width: usize) -> usize {
    let mut program = Program::default();
    program.read(include_str!("../../digits.rs"));
    let integer = integer();
    let of = Value::Array(integer.map(Value::U64).to_vec());
    let each = |position: usize| -> usize {
        let numbers = [position, width].map(|number| Value::Number(number as u64));
        let arguments = [vec![of.clone()], numbers.to_vec()].concat();
        let window = program.call("", "window", arguments).word();
        let expected = |i| match i < width {
            true => bit_of(&integer, position + i),
            false => words::Bit::ZERO,
        };
        (0..64).map(|i| same(window.bit(i), expected(i))).sum()
    };
    positions.map(each).sum()
}

impl Theory {
    /// The sum of the digits is what is held less `half` at each of them, and that is the scalar.
    fn prove(&self) {
        let statement = "the digits of a scalar below 2^253 add up to it";
        theorem(self.name, statement, || {
            let positions = (0..self.count).map(|i| self.width * i);
            let mut obligations = windows_are_bits(positions, self.width);
            let half: u64 = 1 << (self.width - 1);
            let offset = (0..self.count).map(|i| BigUint::from(half) << (self.width * i));
            let offset: BigUint = offset.sum();
            assert_eq!(big(&(self.hold)(&[0; 4])), offset);
            // No scalar carries past the last window.
            let most = power(253) - 1u8;
            assert!(&most + &offset < power(self.width * self.count));
            assert_eq!(big(&(self.hold)(&integer_of(&most))), &most + &offset);
            for i in 0..self.count {
                for window in 0..1 << self.width {
                    let held = placed(window, self.width * i);
                    let digit = value((self.digit)(&held, i), 1, 0);
                    assert_eq!(digit, window as i64 - half as i64);
                    obligations += 1;
                }
            }
            words::proved(obligations + 3)
        });
    }
}

#[test]
fn the_digits_of_ed25519() {
    Theory {
        name: "digits of h",
        width: 5,
        count: 51,
        hold: KeyDigits::hold,
        digit: KeyDigits::digit,
    }
    .prove();
    Theory {
        name: "digits of s",
        width: 8,
        count: 32,
        hold: BaseDigits::hold,
        digit: BaseDigits::digit,
    }
    .prove();
}

/// With w for the windows from bit 1 on, the digits are 2 w - 255 and, the last, 2 w + 1. Twice the
/// windows are the scalar less one.
#[test]
fn the_odd_digits_of_p256() {
    const WIDTH: usize = 8;
    theorem(
        "digits of u1",
        "the odd digits of an odd scalar of 256 bits add up to it",
        || {
            let mut obligations = windows_are_bits((0..32).map(|i| 1 + WIDTH * i), WIDTH);
            let mut constants = BigInt::ZERO;
            for i in 0..32 {
                // The last window has the seven bits that are left.
                let (count, constant) = if i < 31 { (256, -255) } else { (128, 1) };
                constants += BigInt::from(constant) << (WIDTH * i);
                for window in 0..count {
                    let mut scalar = placed(window, 1 + WIDTH * i);
                    scalar[0] |= 1;
                    let digit = value(odd_digit::<WIDTH>(&scalar, i), 2, 1);
                    assert_eq!(digit, 2 * window as i64 + constant);
                    obligations += 1;
                }
            }
            assert_eq!(constants, BigInt::from(1));
            words::proved(obligations + 1)
        },
    );
}
