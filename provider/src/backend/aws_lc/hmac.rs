//! HMAC by the FIPS module, which keeps and wipes the compressed key.

use aws_lc_rs::hmac::{Algorithm, Context, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512, Key};
use mls_fips::{Algorithm as Approved, Service, observe};
use openmls_traits::types::HashType;

use crate::backend::MAX_HASH_LEN;

/// An HMAC key, ready for any number of messages. Wiped on drop.
pub(crate) struct HmacKey(Key);

impl HmacKey {
    /// The key with these bytes, of any length.
    ///
    /// An empty one is given as a hash of zeros: HMAC pads a key with zeros, so that the
    /// result is the same, and HKDF-Extract without a salt is defined by it (RFC 5869,
    /// section 2.2).
    pub(crate) fn new(hash: HashType, key: &[u8]) -> Self {
        let key = match key {
            [] => &[0; MAX_HASH_LEN][..hash.size()],
            key => key,
        };
        Self(Key::new(algorithm(hash), key))
    }

    /// Length of an output in bytes, Nh.
    pub(crate) fn output_len(&self) -> usize {
        self.0.algorithm().tag_len()
    }

    /// Writes the HMAC of the concatenated `message` to the first
    /// [`output_len`](Self::output_len) bytes of `output`.
    pub(crate) fn mac<'a>(&self, message: impl IntoIterator<Item = &'a [u8]>, output: &mut [u8]) {
        let tag = observe(Service::Hmac, Approved::HmacSha2, || {
            let mut context = Context::with_key(&self.0);
            for part in message {
                context.update(part);
            }
            context.sign()
        });
        output[..self.output_len()].copy_from_slice(tag.as_ref());
    }
}

fn algorithm(hash: HashType) -> Algorithm {
    match hash {
        HashType::Sha2_256 => HMAC_SHA256,
        HashType::Sha2_384 => HMAC_SHA384,
        HashType::Sha2_512 => HMAC_SHA512,
    }
}
