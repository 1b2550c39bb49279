//! Memory as cells, each of the bytes that were stored there together.

use std::collections::BTreeMap;

use super::{image::Image, lane::Lane};

/// A cell holds at most a word; no two overlap.
pub(crate) struct Memory<W> {
    cells: BTreeMap<u64, Cell<W>>,
}

#[derive(Clone, Copy)]
struct Cell<W> {
    bytes: u64,
    word: W,
}

impl<W: Lane> Memory<W> {
    pub(crate) fn new() -> Self {
        Self {
            cells: BTreeMap::new(),
        }
    }

    /// What lies at an address: what was stored there, or what the program has there.
    /// Nothing is known of what was never stored.
    pub(crate) fn read(&self, image: &Image, address: u64, bytes: u64) -> W {
        if let Some(cell) = self.cells.get(&address)
            && cell.bytes == bytes
        {
            return cell.word;
        }
        let mut word = W::constant(0);
        let mut done = 0;
        while done < bytes {
            let Some((part, length)) = self.part(image, address + done, bytes - done) else {
                return W::unknown();
            };
            word = word.plus(part.shifted_left(8 * done as u32));
            done += length;
        }
        word
    }

    /// The bytes from an address on that lie in one cell, `most` of them at most, and how
    /// many these are.
    fn part(&self, image: &Image, address: u64, most: u64) -> Option<(W, u64)> {
        let before = self.cells.range(..=address).next_back();
        if let Some((start, cell)) = before
            && start + cell.bytes > address
        {
            let skipped = address - start;
            let length = (cell.bytes - skipped).min(most);
            let part = cell.word.shifted_right(8 * skipped as u32);
            return Some((part.low_bits(8 * length as u32), length));
        }
        let byte = image.from(address)?[0];
        Some((W::constant(u64::from(byte)), 1))
    }

    /// Stores a word's low bytes. What lay there before is cut out of its cells.
    pub(crate) fn write(&mut self, address: u64, bytes: u64, word: W) {
        let end = address + bytes;
        let first = address.saturating_sub(7);
        let overlapped: Vec<_> = self
            .cells
            .range(first..end)
            .filter(|(start, cell)| *start + cell.bytes > address)
            .map(|(start, cell)| (*start, *cell))
            .collect();
        for (start, cell) in overlapped {
            self.cells.remove(&start);
            self.keep(start, cell, start, address);
            self.keep(start, cell, end, start + cell.bytes);
        }
        let word = word.low_bits(8 * bytes as u32);
        self.cells.insert(address, Cell { bytes, word });
    }

    /// Keeps the part of a cell, which starts at `start`, that lies between two addresses.
    fn keep(&mut self, start: u64, cell: Cell<W>, from: u64, to: u64) {
        if from < to {
            let bytes = to - from;
            let word = cell.word.shifted_right(8 * (from - start) as u32);
            let word = word.low_bits(8 * bytes as u32);
            self.cells.insert(from, Cell { bytes, word });
        }
    }

    /// Copies as `memcpy` and `memmove` do.
    pub(crate) fn copy(&mut self, image: &Image, to: u64, from: u64, bytes: u64) {
        let pieces: Vec<_> = pieces(bytes)
            .map(|(offset, length)| (offset, length, self.read(image, from + offset, length)))
            .collect();
        for (offset, length, word) in pieces {
            self.write(to + offset, length, word);
        }
    }

    /// Fills as `memset` does.
    pub(crate) fn fill(&mut self, to: u64, byte: u8, bytes: u64) {
        for (offset, length) in pieces(bytes) {
            let word = W::constant(u64::from_le_bytes([byte; 8]));
            self.write(to + offset, length, word);
        }
    }
}

/// Words, and the bytes that are left.
fn pieces(bytes: u64) -> impl Iterator<Item = (u64, u64)> {
    let words = (0..bytes / 8).map(|i| (8 * i, 8));
    words.chain((bytes / 8 * 8..bytes).map(|offset| (offset, 1)))
}

#[test]
fn words_overlap_as_bytes_do() {
    const START: u64 = 0x5000_0000;
    let image = super::library::released();
    let (mut memory, mut bytes) = (Memory::new(), [0; 64]);
    memory.fill(START, 0, bytes.len() as u64);
    let mut state = 1_u64;
    for _ in 0..10_000 {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        let length = 1 << (state >> 62);
        let [to, from] = [state >> 32, state >> 40].map(|place| place as usize % (65 - length));
        let word = state.rotate_left(17);
        bytes[to..to + length].copy_from_slice(&word.to_le_bytes()[..length]);
        memory.write(START + to as u64, length as u64, word);
        let mut expected = [0; 8];
        expected[..length].copy_from_slice(&bytes[from..from + length]);
        let found = memory.read(image, START + from as u64, length as u64);
        assert_eq!(
            found,
            u64::from_le_bytes(expected),
            "{length} bytes at {from}"
        );
    }
}
