//! HMAC (RFC 2104) under a key whose pads are compressed once.

use openmls_traits::types::HashType;
use zeroize::Zeroize;

use super::MAX_HASH_LEN;
use super::sha2::{Hasher, Sha2, Sha256, Sha384, Sha512, wipe};

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
        if key.len() > block.as_ref().len() {
            let mut hasher = Hasher::<H>::new();
            hasher.update(key);
            hasher.finish(block.as_mut());
        } else {
            block.as_mut()[..key.len()].copy_from_slice(key);
        }
        xor(block.as_mut(), IPAD);
        let inner = compressed::<H>(&block);
        xor(block.as_mut(), IPAD ^ OPAD);
        let outer = compressed::<H>(&block);
        wipe(block.as_mut());
        Self { inner, outer }
    }

    /// ```text
    /// H(K XOR opad, H(K XOR ipad, text))
    /// ```
    fn mac<'a>(&self, message: impl IntoIterator<Item = &'a [u8]>, output: &mut [u8]) {
        let pad_len = H::ZEROS.as_ref().len();
        let mut inner = Hasher::<H>::resume(self.inner, pad_len);
        for part in message {
            inner.update(part);
        }
        let mut inner_hash = [0; MAX_HASH_LEN];
        inner.finish(&mut inner_hash);
        let mut outer = Hasher::<H>::resume(self.outer, pad_len);
        outer.update(&inner_hash[..H::HASH_LEN]);
        outer.finish(output);
        wipe(&mut inner_hash);
    }
}

impl<H: Sha2> Drop for Pads<H> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

fn compressed<H: Sha2>(block: &H::Block) -> H::State {
    let mut state = H::INITIAL;
    H::compress(&mut state, std::slice::from_ref(block));
    state
}

fn xor(bytes: &mut [u8], pad: u8) {
    for byte in bytes {
        *byte ^= pad;
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac;

    use super::*;

    #[test]
    fn outputs_are_those_of_aws_lc() {
        for (hash, algorithm) in [
            (HashType::Sha2_256, hmac::HMAC_SHA256),
            (HashType::Sha2_384, hmac::HMAC_SHA384),
            (HashType::Sha2_512, hmac::HMAC_SHA512),
        ] {
            let bytes: Vec<u8> = (0..300u16).map(|i| i as u8).collect();
            for key_len in [0, 1, 32, 48, 63, 64, 65, 127, 128, 129, 300] {
                let key = &bytes[..key_len];
                let ours = HmacKey::new(hash, key);
                let theirs = hmac::Key::new(algorithm, key);
                for message_len in 0..bytes.len() {
                    let (head, tail) = bytes[..message_len].split_at(message_len / 3);
                    let mut output = vec![0; ours.output_len()];
                    ours.mac([head, tail], &mut output);
                    let expected = hmac::sign(&theirs, &bytes[..message_len]);
                    assert_eq!(
                        output,
                        expected.as_ref(),
                        "{hash:?} {key_len} {message_len}"
                    );
                }
            }
        }
    }
}
