//! SHA-2 (FIPS 180-4) whose midstates can be kept, copied and resumed.
//!
//! The compression functions are the `sha2` crate's, which chooses the CPU's
//! SHA instructions when it runs. What is added is the padding of section 5.1.
//! Neither AWS-LC's interface nor the `hmac` crate's hands out the midstate
//! after a key: through them an HMAC of a short message costs twice its compressions.

use std::slice;

use ::sha2::block_api::{compress256, compress512};

pub(crate) mod digest;
pub(crate) mod hmac;

use crate::secret::wipe;

/// The byte after a message (section 5.1).
const END_OF_MESSAGE: u8 = 0x80;

/// A hash function of the SHA-2 family.
trait Sha2 {
    /// The chaining value.
    type State: Copy;
    /// A message block.
    type Block: Copy + AsMut<[u8]>;

    /// The initial chaining value (section 5.3).
    const INITIAL: Self::State;
    /// A block of zeros.
    const ZEROS: Self::Block;
    /// Length of a block in bytes.
    const BLOCK_LEN: usize;
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
        struct $name;

        impl Sha2 for $name {
            type State = [$word; 8];
            type Block = [u8; $block_len];

            const INITIAL: Self::State = $initial;
            const ZEROS: Self::Block = [0; $block_len];
            const BLOCK_LEN: usize = $block_len;
            const HASH_LEN: usize = $hash_len;
            const LENGTH_LEN: usize = 2 * size_of::<$word>();

            #[inline]
            fn compress(state: &mut Self::State, blocks: &[Self::Block]) {
                $compress(state, blocks);
            }

            #[inline]
            fn blocks(bytes: &[u8]) -> (&[Self::Block], &[u8]) {
                bytes.as_chunks()
            }

            #[inline]
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
struct Hasher<H: Sha2> {
    state: H::State,
    /// The message's last bytes, less than a block, then zeros.
    block: H::Block,
    /// How many of them.
    filled: usize,
    /// Bytes of the message so far.
    len: u64,
}

impl<H: Sha2> Hasher<H> {
    /// A hash of an empty message.
    fn new() -> Self {
        Self::resume(H::INITIAL, 0)
    }

    /// The hash whose chaining value is `state` after `len` bytes, whole blocks.
    #[inline]
    fn resume(state: H::State, len: usize) -> Self {
        Self {
            state,
            block: H::ZEROS,
            filled: 0,
            len: len as u64,
        }
    }

    /// Appends `bytes` to the message.
    #[inline]
    fn update(&mut self, bytes: &[u8]) {
        self.len += bytes.len() as u64;
        if self.filled + bytes.len() < H::BLOCK_LEN {
            self.block.as_mut()[self.filled..][..bytes.len()].copy_from_slice(bytes);
            self.filled += bytes.len();
        } else {
            self.update_blocks(bytes);
        }
    }

    /// [`update`](Self::update) with bytes that complete a block or more.
    fn update_blocks(&mut self, mut bytes: &[u8]) {
        if self.filled > 0 {
            let (head, rest) = bytes.split_at(H::BLOCK_LEN - self.filled);
            self.block.as_mut()[self.filled..].copy_from_slice(head);
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

    /// Pads the message (section 5.1) and returns its last chaining value; the
    /// hash is not to be used further. By reference: moving it would leave a
    /// copy behind that is not wiped.
    #[inline]
    fn finish(&mut self) -> H::State {
        let length_at = H::BLOCK_LEN - H::LENGTH_LEN;
        self.block.as_mut()[self.filled] = END_OF_MESSAGE;
        if self.filled >= length_at {
            self.compress_block();
        }
        let bits = u128::from(self.len) * 8;
        let length = &bits.to_be_bytes()[16 - H::LENGTH_LEN..];
        self.block.as_mut()[length_at..].copy_from_slice(length);
        self.compress_block();
        self.state
    }

    fn compress_block(&mut self) {
        H::compress(&mut self.state, slice::from_ref(&self.block));
        self.block = H::ZEROS;
        self.filled = 0;
    }
}

impl<H: Sha2> Drop for Hasher<H> {
    #[inline]
    fn drop(&mut self) {
        wipe(&mut self.state, H::INITIAL);
        wipe(&mut self.block, H::ZEROS);
    }
}

/// The chaining value after `state` and the hash that `hash` stands for, as
/// the end of a message of two blocks.
///
/// That is the outer half of an HMAC: everything in the block but the hash is
/// constant.
#[inline]
fn finish_with_hash<H: Sha2>(state: &H::State, hash: &H::State) -> H::State {
    let mut state = *state;
    let mut block = H::ZEROS;
    H::write_hash(hash, block.as_mut());
    block.as_mut()[H::HASH_LEN] = END_OF_MESSAGE;
    let bits = 8 * (H::BLOCK_LEN + H::HASH_LEN) as u32;
    let length_end = H::BLOCK_LEN - size_of_val(&bits);
    block.as_mut()[length_end..].copy_from_slice(&bits.to_be_bytes());
    H::compress(&mut state, slice::from_ref(&block));
    wipe(&mut block, H::ZEROS);
    state
}

/// The chaining value of a message that begins with `block`.
#[inline]
fn begin_with<H: Sha2>(block: &H::Block) -> H::State {
    let mut state = H::INITIAL;
    H::compress(&mut state, slice::from_ref(block));
    state
}

#[cfg(test)]
mod tests {
    use crate::backend::bare::digest;

    use super::*;

    /// Every length over four blocks, in every way to cut it in two.
    fn check<H: Sha2>(algorithm: &'static digest::Algorithm) {
        let message: Vec<u8> = (0..4 * H::BLOCK_LEN).map(|i| i as u8).collect();
        for len in 0..=message.len() {
            let expected = digest::digest(algorithm, &message[..len]);
            for cut in [0, 1, len / 3, len / 2, len.saturating_sub(1), len] {
                let mut hash = vec![0; H::HASH_LEN];
                let mut hasher = Hasher::<H>::new();
                hasher.update(&message[..cut.min(len)]);
                hasher.update(&message[cut.min(len)..len]);
                H::write_hash(&hasher.finish(), &mut hash);
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
