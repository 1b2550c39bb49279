//! HMAC by ring, which keeps the compressed key.

use openmls_traits::types::HashType;
use ring::hmac::{Algorithm, Context, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, Key};

/// An HMAC key, ready for any number of messages. ring does not wipe it.
pub(crate) struct HmacKey(Key);

impl HmacKey {
    /// The key with these bytes, of any length.
    pub(crate) fn new(hash: HashType, key: &[u8]) -> Self {
        Self(Key::new(algorithm(hash), key))
    }

    /// Length of an output in bytes, Nh.
    pub(crate) fn output_len(&self) -> usize {
        self.0.algorithm().digest_algorithm().output_len()
    }

    /// Writes the HMAC of the concatenated `message` to the first
    /// [`output_len`](Self::output_len) bytes of `output`.
    pub(crate) fn mac<'a>(&self, message: impl IntoIterator<Item = &'a [u8]>, output: &mut [u8]) {
        let mut context = Context::with_key(&self.0);
        for part in message {
            context.update(part);
        }
        output[..self.output_len()].copy_from_slice(context.sign().as_ref());
    }
}

fn algorithm(hash: HashType) -> Algorithm {
    match hash {
        HashType::Sha2_256 => HMAC_SHA256,
        HashType::Sha2_384 => HMAC_SHA384,
        HashType::Sha2_512 => HMAC_SHA512,
    }
}
