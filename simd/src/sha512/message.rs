//! A message in parts, cut into padded blocks.

/// The bytes of a block.
pub(super) const BLOCK: usize = 128;
/// The bytes of a message's length at the end of its last block.
const LENGTH: usize = 16;

/// A message: its parts, one after the other.
#[derive(Clone, Copy)]
pub(crate) struct Message<'a>(pub(crate) [&'a [u8]; 3]);

impl Message<'_> {
    fn length(&self) -> usize {
        self.0.iter().map(|part| part.len()).sum()
    }

    /// How many blocks it has with its padding: a bit, zeros and its length (FIPS 180-4, section
    /// 5.1.2).
    pub(super) fn blocks(&self) -> usize {
        (self.length() + 1 + LENGTH).div_ceil(BLOCK)
    }

    /// Block `index`, one of [`blocks`](Self::blocks).
    pub(super) fn block(&self, index: usize) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        let (start, end) = (index * BLOCK, (index + 1) * BLOCK);
        let mut before = 0;
        for part in self.0 {
            let after = before + part.len();
            let (from, to) = (start.max(before), end.min(after));
            if from < to {
                block[from - start..to - start].copy_from_slice(&part[from - before..to - before]);
            }
            before = after;
        }
        if (start..end).contains(&before) {
            block[before - start] = 0x80;
        }
        if index + 1 == self.blocks() {
            let bits = 8 * before as u128;
            block[BLOCK - LENGTH..].copy_from_slice(&bits.to_be_bytes());
        }
        block
    }
}
