//! SHA-2 (FIPS 180-4) as states that can be kept, copied and resumed.
//!
//! The compression functions are the `sha2` crate's, which chooses the CPU's
//! SHA instructions when it runs. What is added is the padding of section 5.1.
//! Neither AWS-LC's interface nor the `hmac` crate's hands out the state after
//! a key: through them an HMAC of a short message costs twice its compressions.

use ::sha2::block_api::{compress256, compress512};
use zeroize::{Zeroize, optimization_barrier};

/// A hash function of the SHA-2 family.
pub(super) trait Sha2 {
    /// The chaining value.
    type State: Copy + Zeroize;
    /// A message block.
    type Block: Copy + AsRef<[u8]> + AsMut<[u8]>;

    /// The initial chaining value (section 5.3).
    const INITIAL: Self::State;
    /// A block of zeros.
    const ZEROS: Self::Block;
    /// Length of the hash in bytes.
    const HASH_LEN: usize;
    /// Length of the message length at the end of the padding, in bytes.
    const LENGTH_LEN: usize;

    fn compress(state: &mut Self::State, blocks: &[Self::Block]);
    /// `bytes` as whole blocks and a rest.
    fn blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]);
    /// The hash that a final chaining value stands for.
    fn write_hash(state: &Self::State, hash: &mut [u8]);
}

macro_rules! sha2 {
    ($name:ident, $word:ty, $block_len:literal, $hash_len:literal, $compress:ident, $initial:expr) => {
        pub(super) struct $name;

        impl Sha2 for $name {
            type State = [$word; 8];
            type Block = [u8; $block_len];

            const INITIAL: Self::State = $initial;
            const ZEROS: Self::Block = [0; $block_len];
            const HASH_LEN: usize = $hash_len;
            const LENGTH_LEN: usize = 2 * size_of::<$word>();

            fn compress(state: &mut Self::State, blocks: &[Self::Block]) {
                $compress(state, blocks);
            }

            fn blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]) {
                bytes.as_chunks()
            }

            fn write_hash(state: &Self::State, hash: &mut [u8]) {
                let words = hash[..$hash_len].chunks_exact_mut(size_of::<$word>());
                for (bytes, word) in words.zip(state) {
                    bytes.copy_from_slice(&word.to_be_bytes());
                }
            }
        }
    };
}

#[rustfmt::skip]
sha2!(Sha256, u32, 64, 32, compress256, [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

#[rustfmt::skip]
sha2!(Sha384, u64, 128, 48, compress512, [
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939,
    0x67332667ffc00b31, 0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
]);

#[rustfmt::skip]
sha2!(Sha512, u64, 128, 64, compress512, [
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
]);

/// A hash in progress. Wiped on drop.
pub(super) struct Hasher<H: Sha2> {
    state: H::State,
    block: H::Block,
    /// Bytes of the message in `block`, less than its length.
    filled: usize,
    /// Bytes of the message so far.
    len: u64,
}

impl<H: Sha2> Hasher<H> {
    /// A hash of an empty message.
    pub(super) fn new() -> Self {
        Self::resume(H::INITIAL, 0)
    }

    /// The hash whose chaining value is `state` after `len` bytes, whole blocks.
    pub(super) fn resume(state: H::State, len: usize) -> Self {
        Self {
            state,
            block: H::ZEROS,
            filled: 0,
            len: len as u64,
        }
    }

    /// Appends `bytes` to the message.
    pub(super) fn update(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len() as u64;
        if self.filled > 0 {
            let block = self.block.as_mut();
            let (head, rest) = bytes.split_at(bytes.len().min(block.len() - self.filled));
            block[self.filled..][..head.len()].copy_from_slice(head);
            self.filled += head.len();
            if self.filled < block.len() {
                return;
            }
            self.compress_block();
            bytes = rest;
        }
        let (blocks, rest) = H::blocks(bytes);
        if !blocks.is_empty() {
            H::compress(&mut self.state, blocks);
        }
        self.block.as_mut()[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
    }

    /// Pads the message (section 5.1) and writes its hash to the front of `hash`.
    pub(super) fn finish(mut self, hash: &mut [u8]) {
        let length_at = H::ZEROS.as_ref().len() - H::LENGTH_LEN;
        let bits = u128::from(self.len) * 8;
        let block = self.block.as_mut();
        block[self.filled] = 0x80;
        block[self.filled + 1..].fill(0);
        if self.filled >= length_at {
            self.compress_block();
            self.block.as_mut().fill(0);
        }
        let length = &bits.to_be_bytes()[16 - H::LENGTH_LEN..];
        self.block.as_mut()[length_at..].copy_from_slice(length);
        self.compress_block();
        H::write_hash(&self.state, hash);
    }

    fn compress_block(&mut self) {
        H::compress(&mut self.state, std::slice::from_ref(&self.block));
        self.filled = 0;
    }
}

impl<H: Sha2> Drop for Hasher<H> {
    fn drop(&mut self) {
        self.state.zeroize();
        wipe(self.block.as_mut());
    }
}

/// Wipes by wide stores, which the compiler may not drop.
pub(super) fn wipe(bytes: &mut [u8]) {
    bytes.fill(0);
    optimization_barrier(bytes);
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::digest;

    use super::*;

    /// Every length over four blocks, in every way to cut it in two.
    fn check<H: Sha2>(algorithm: &'static digest::Algorithm) {
        let message: Vec<u8> = (0..4 * H::ZEROS.as_ref().len()).map(|i| i as u8).collect();
        for len in 0..=message.len() {
            let expected = digest::digest(algorithm, &message[..len]);
            for cut in [0, 1, len / 3, len / 2, len.saturating_sub(1), len] {
                let mut hash = vec![0; H::HASH_LEN];
                let mut hasher = Hasher::<H>::new();
                hasher.update(&message[..cut.min(len)]);
                hasher.update(&message[cut.min(len)..len]);
                hasher.finish(&mut hash);
                assert_eq!(hash, expected.as_ref(), "length {len}, cut at {cut}");
            }
        }
    }

    #[test]
    fn hashes_are_those_of_aws_lc() {
        check::<Sha256>(&digest::SHA256);
        check::<Sha384>(&digest::SHA384);
        check::<Sha512>(&digest::SHA512);
    }
}
