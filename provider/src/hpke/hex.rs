//! Byte strings of test vectors.

use serde::{Deserialize, Deserializer};

/// A byte string in hexadecimal.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Hex(pub(super) Vec<u8>);

impl<'de> Deserialize<'de> for Hex {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|digits| Self(hex(&digits)))
    }
}

/// The bytes that `digits` stand for.
pub(crate) fn hex(digits: &str) -> Vec<u8> {
    assert_eq!(digits.len() % 2, 0);
    (0..digits.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&digits[i..i + 2], 16).unwrap())
        .collect()
}
