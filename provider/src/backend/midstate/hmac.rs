//! HMAC (RFC 2104) under a key whose pads are compressed once.

use openmls_traits::types::HashType;

use super::{Hasher, Sha2, Sha256, Sha384, Sha512, begin_with, finish_with_hash};
use crate::secret::wipe;

/// An HMAC key, ready for any number of messages. Wiped on drop.
pub(crate) struct HmacKey(Key);

enum Key {
    Sha256(Pads<Sha256>),
    Sha384(Pads<Sha384>),
    Sha512(Pads<Sha512>),
}

/// The chaining values after `K XOR ipad` and after `K XOR opad`.
struct Pads<H: Sha2> {
    inner: H::State,
    outer: H::State,
}

impl HmacKey {
    /// The key with these bytes, of any length.
    #[inline]
    pub(crate) fn new(hash: HashType, key: &[u8]) -> Self {
        Self(match hash {
            HashType::Sha2_256 => Key::Sha256(Pads::new(key)),
            HashType::Sha2_384 => Key::Sha384(Pads::new(key)),
            HashType::Sha2_512 => Key::Sha512(Pads::new(key)),
        })
    }

    /// Length of an output in bytes, Nh.
    pub(crate) fn output_len(&self) -> usize {
        match &self.0 {
            Key::Sha256(_) => Sha256::HASH_LEN,
            Key::Sha384(_) => Sha384::HASH_LEN,
            Key::Sha512(_) => Sha512::HASH_LEN,
        }
    }

    /// Writes the HMAC of the concatenated `message` to the first
    /// [`output_len`](Self::output_len) bytes of `output`.
    #[inline]
    pub(crate) fn mac<'a>(&self, message: impl IntoIterator<Item = &'a [u8]>, output: &mut [u8]) {
        match &self.0 {
            Key::Sha256(pads) => pads.mac(message, output),
            Key::Sha384(pads) => pads.mac(message, output),
            Key::Sha512(pads) => pads.mac(message, output),
        }
    }
}

impl<H: Sha2> Pads<H> {
    fn new(key: &[u8]) -> Self {
        const IPAD: u8 = 0x36;
        const OPAD: u8 = 0x5c;
        let mut block = H::ZEROS;
        if key.len() > H::BLOCK_LEN {
            let mut hasher = Hasher::<H>::new();
            hasher.update(key);
            H::write_hash(&hasher.finish(), block.as_mut());
        } else {
            block.as_mut()[..key.len()].copy_from_slice(key);
        }
        xor(block.as_mut(), IPAD);
        let inner = begin_with::<H>(&block);
        xor(block.as_mut(), IPAD ^ OPAD);
        let outer = begin_with::<H>(&block);
        wipe(&mut block, H::ZEROS);
        Self { inner, outer }
    }

    /// ```text
    /// H(K XOR opad, H(K XOR ipad, text))
    /// ```
    fn mac<'a>(&self, message: impl IntoIterator<Item = &'a [u8]>, output: &mut [u8]) {
        let mut text = Hasher::<H>::resume(self.inner, H::BLOCK_LEN);
        for part in message {
            text.update(part);
        }
        let mut inner_hash = text.finish();
        let mut hash = finish_with_hash::<H>(&self.outer, &inner_hash);
        H::write_hash(&hash, output);
        wipe(&mut inner_hash, H::INITIAL);
        wipe(&mut hash, H::INITIAL);
    }
}

impl<H: Sha2> Drop for Pads<H> {
    fn drop(&mut self) {
        wipe(&mut self.inner, H::INITIAL);
        wipe(&mut self.outer, H::INITIAL);
    }
}

fn xor(bytes: &mut [u8], pad: u8) {
    for byte in bytes {
        *byte ^= pad;
    }
}
