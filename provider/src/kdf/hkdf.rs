//! HKDF (RFC 5869).

use std::iter::once;

use openmls_traits::types::{CryptoError, HashType};

use super::hmac::HmacKey;
use crate::backend::MAX_HASH_LEN;
use crate::secret::SecretBytes;

/// HKDF-Expand gives at most this many times the hash length (RFC 5869, section 2.3).
const MAX_BLOCKS: usize = 255;

/// HKDF-Extract: a pseudorandom key of [`HashType::size`] bytes.
///
/// ```text
/// PRK = HMAC-Hash(salt, IKM)
/// ```
pub(crate) fn extract(hash: HashType, salt: &[u8], ikm: &[u8], prk: &mut [u8]) {
    HmacKey::new(hash, salt).mac([ikm], prk);
}

/// Whether HKDF-Expand over `hash` can give `len` bytes.
pub(crate) fn check_output_len(hash: HashType, len: usize) -> Result<(), CryptoError> {
    if len > MAX_BLOCKS * hash.size() {
        return Err(CryptoError::HkdfOutputLengthInvalid);
    }
    Ok(())
}

/// HKDF-Expand into `okm`, whose length [`check_output_len`] has passed; `info`
/// is the concatenation of its parts.
///
/// ```text
/// T(0) = empty
/// T(i) = HMAC-Hash(PRK, T(i-1) | info | i)
/// OKM  = first L octets of T(1) | T(2) | ...
/// ```
pub(crate) fn expand(prk: &HmacKey, info: &[&[u8]], okm: &mut [u8]) {
    let hash_len = prk.output_len();
    let mut previous: Option<&[u8]> = None;
    for (index, block) in okm.chunks_mut(hash_len).enumerate() {
        let counter = [(index + 1) as u8];
        let message = previous
            .into_iter()
            .chain(info.iter().copied())
            .chain(once(counter.as_slice()));
        if block.len() == hash_len {
            prk.mac(message, block);
            previous = Some(block);
        } else {
            let mut last = SecretBytes::<MAX_HASH_LEN>::zeros();
            prk.mac(message, &mut *last);
            block.copy_from_slice(&last[..block.len()]);
        }
    }
}
