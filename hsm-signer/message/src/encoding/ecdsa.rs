//! ECDSA signatures: from a token's r || s to the DER that MLS sends.
//!
//! ```text
//! Ecdsa-Sig-Value ::= SEQUENCE { r INTEGER, s INTEGER }      (RFC 3279, section 2.2.3)
//! ```
//!
//! DER writes an INTEGER in the fewest bytes, the first bit being its sign. So leading
//! zeros go, and one comes back where the next byte has its high bit set. One
//! component in 256 begins with a zero byte, and almost every one of P-521 does, whose
//! 521 bits leave seven bits of the 66 bytes unused.

use der::Encode;
use der::asn1::UintRef;

use super::EncodingError;

/// Bytes of r and of s on P-521, the longest of our curves.
const MAX_FIELD_LENGTH: usize = 66;

/// Encodes `raw`, r || s with each part `field_length` bytes long and big-endian, as
/// minimal DER.
///
/// # Errors
/// [`EncodingError::SignatureLength`] when `raw` is not `2 * field_length` bytes or
/// `field_length` is 0 or above 66,
/// [`EncodingError::SignatureZero`] when r or s is zero. Whether the signature is valid
/// is for its verification to say.
pub fn der_from_raw(raw: &[u8], field_length: usize) -> Result<Vec<u8>, EncodingError> {
    let wrong_length = || EncodingError::SignatureLength {
        expected: 2 * field_length,
        found: raw.len(),
    };
    if raw.len() != 2 * field_length || !(1..=MAX_FIELD_LENGTH).contains(&field_length) {
        return Err(wrong_length());
    }
    let (r, s) = raw.split_at(field_length);
    if [r, s].iter().any(|part| part.iter().all(|&byte| byte == 0)) {
        return Err(EncodingError::SignatureZero);
    }
    // Two of one type are a SEQUENCE to `der`.
    let encoded = UintRef::new(r).and_then(|r| [r, UintRef::new(s)?].to_der());
    encoded.map_err(|_| wrong_length())
}
