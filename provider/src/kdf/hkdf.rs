//! HKDF (RFC 5869).

use openmls_traits::types::{CryptoError, HashType};
use zeroize::Zeroizing;

use super::MAX_HASH_LEN;
use super::hmac::Hmac;

/// HKDF-Expand gives at most this many times the hash length (RFC 5869, section 2.3).
const MAX_BLOCKS: usize = 255;

/// HKDF-Extract: a pseudorandom key of [`HashType::size`] bytes.
///
/// ```text
/// PRK = HMAC-Hash(salt, IKM)
/// ```
pub(crate) fn extract(hash: HashType, salt: &[u8], ikm: &[u8], prk: &mut [u8]) {
    Hmac::new(hash, salt).chain(ikm).finalize_into(prk);
}

/// Whether HKDF-Expand over `hash` can give `len` bytes.
pub(crate) fn check_output_len(hash: HashType, len: usize) -> Result<(), CryptoError> {
    if len > MAX_BLOCKS * hash.size() {
        return Err(CryptoError::HkdfOutputLengthInvalid);
    }
    Ok(())
}

/// HKDF-Expand into `okm`, whose length [`check_output_len`] has passed, under
/// the HMAC keyed with PRK; `info` is the concatenation of its parts.
///
/// ```text
/// T(0) = empty
/// T(i) = HMAC-Hash(PRK, T(i-1) | info | i)
/// OKM  = first L octets of T(1) | T(2) | ...
/// ```
pub(crate) fn expand(prk: &Hmac, info: &[&[u8]], okm: &mut [u8]) {
    let hash_len = prk.output_len();
    let mut block = Zeroizing::new([0; MAX_HASH_LEN]);
    let block = &mut block[..hash_len];
    for (counter, chunk) in (1..=u8::MAX).zip(okm.chunks_mut(hash_len)) {
        let mut mac = prk.clone();
        if counter > 1 {
            mac.update(block);
        }
        for part in info {
            mac.update(part);
        }
        mac.update(&[counter]);
        mac.finalize_into(block);
        chunk.copy_from_slice(&block[..chunk.len()]);
    }
}
