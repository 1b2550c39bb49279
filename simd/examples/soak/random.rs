//! Reproducible choices.

use crate::differential::generate::Choices;

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014). Threads with neighbouring seeds
/// meet the same states only after very many steps.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Short batches as often as long ones, so that idle lanes are common.
    pub fn batch_length(&mut self, longest: usize) -> usize {
        let bound = [9, 33, longest + 1][self.below(3)];
        self.below(bound)
    }

    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let word = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ word >> 31
    }
}

impl Choices for Random {
    fn below(&mut self, bound: usize) -> usize {
        (self.word() % bound as u64) as usize
    }

    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for bytes in bytes.chunks_exact_mut(8) {
            bytes.copy_from_slice(&self.word().to_le_bytes());
        }
        bytes
    }
}
