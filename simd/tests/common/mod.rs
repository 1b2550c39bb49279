//! What the tests share: the backends to test, and reproducible randomness.

// Each test file uses a part of it.
#![allow(dead_code)]

use std::{sync::Once, time::SystemTime};

use mls_lanes::Backend;

/// The backends of this CPU; says aloud which are tested and which are not.
pub fn backends() -> Vec<Backend> {
    static SAID: Once = Once::new();
    let available = Backend::available();
    SAID.call_once(|| {
        for name in Backend::NAMES {
            match name.parse::<Backend>() {
                Ok(backend) => println!("tested: {backend}, {} lanes", backend.lanes()),
                Err(error) => println!("NOT TESTED: {error}"),
            }
        }
    });
    available
}

/// The bytes of a hexadecimal string.
pub fn hex<const LENGTH: usize>(digits: &str) -> [u8; LENGTH] {
    assert_eq!(digits.len(), 2 * LENGTH);
    core::array::from_fn(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
}

/// Pseudo-random bytes (SplitMix64) from a seed that is printed.
///
/// The variable `MLS_LANES_SEED` repeats a run.
pub struct Randomness(u64);

impl Randomness {
    pub fn new() -> Self {
        let seed = match std::env::var("MLS_LANES_SEED") {
            Ok(seed) => seed.parse().expect("MLS_LANES_SEED is a number"),
            Err(_) => SystemTime::now()
                .duration_since(SystemTime::UNIX_EPOCH)
                .expect("the clock is past 1970")
                .as_nanos() as u64,
        };
        println!("MLS_LANES_SEED={seed}");
        Self(seed)
    }

    /// The bytes that follow from a seed.
    pub fn from_seed(seed: u64) -> Self {
        Self(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }

    pub fn array<const LENGTH: usize>(&mut self) -> [u8; LENGTH] {
        core::array::from_fn(|_| self.word() as u8)
    }

    /// A scalar in the range that P-256 admits.
    pub fn p256_scalar(&mut self) -> [u8; 32] {
        loop {
            let bytes: [u8; 32] = self.array();
            if bytes[..4] != [0xff; 4] && bytes != [0; 32] {
                return bytes;
            }
        }
    }
}
