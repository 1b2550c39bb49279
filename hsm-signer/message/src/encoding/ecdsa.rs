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
    if raw.len() != 2 * field_length || !(1..=MAX_FIELD_LENGTH).contains(&field_length) {
        return Err(EncodingError::SignatureLength {
            expected: 2 * field_length,
            found: raw.len(),
        });
    }
    let (r, s) = raw.split_at(field_length);
    if [r, s].iter().any(|part| part.iter().all(|&byte| byte == 0)) {
        return Err(EncodingError::SignatureZero);
    }
    // Two of one type are a SEQUENCE to `der`.
    let encoded = UintRef::new(r).and_then(|r| [r, UintRef::new(s)?].to_der());
    encoded.map_err(|_| EncodingError::SignatureLength {
        expected: 2 * field_length,
        found: raw.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use der::{Decode, Reader, SliceReader};
    use proptest::prelude::*;

    const FIELD_LENGTHS: [usize; 3] = [32, 48, 66];

    /// Decodes with the `der` crate, which refuses every encoding that is not minimal.
    fn strictly_decoded(der: &[u8], field_length: usize) -> Vec<u8> {
        let mut reader = SliceReader::new(der).unwrap();
        let (r, s) = reader
            .sequence(|inner| {
                Ok::<_, der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?))
            })
            .unwrap();
        reader.finish().unwrap();
        raw(field_length, r.as_bytes(), s.as_bytes())
    }

    fn raw(field_length: usize, r: &[u8], s: &[u8]) -> Vec<u8> {
        let mut raw = vec![0; 2 * field_length];
        raw[field_length - r.len()..field_length].copy_from_slice(r);
        raw[2 * field_length - s.len()..].copy_from_slice(s);
        raw
    }

    #[test]
    fn known_answers() {
        let cases: [(&[u8], &[u8], &[u8]); 4] = [
            (b"\x01", b"\x7f", b"\x30\x06\x02\x01\x01\x02\x01\x7f"),
            (b"\x80", b"\x01", b"\x30\x07\x02\x02\x00\x80\x02\x01\x01"),
            (
                b"\x01\x00",
                b"\xff",
                b"\x30\x08\x02\x02\x01\x00\x02\x02\x00\xff",
            ),
            (
                b"\x7f\xff",
                b"\x80\x00",
                b"\x30\x09\x02\x02\x7f\xff\x02\x03\x00\x80\x00",
            ),
        ];
        for (r, s, der) in cases {
            for field_length in FIELD_LENGTHS {
                assert_eq!(
                    der_from_raw(&raw(field_length, r, s), field_length).unwrap(),
                    der
                );
            }
        }
    }

    #[test]
    fn the_longest_signature_uses_the_long_form() {
        let full = |length: usize, top: u8| [&[top][..], &vec![0xff; length - 1]].concat();
        let p521 = der_from_raw(&raw(66, &full(66, 1), &full(66, 1)), 66).unwrap();
        assert_eq!(p521[..3], [0x30, 0x81, 136]);
        let largest = der_from_raw(&[0xff; 132], 66).unwrap();
        assert_eq!(largest[..3], [0x30, 0x81, 138]);
        let p384 = der_from_raw(&[0xff; 96], 48).unwrap();
        assert_eq!(p384[..2], [0x30, 102]);
    }

    #[test]
    fn zero_and_wrong_lengths_are_refused() {
        for raw in [raw(32, b"", b"\x01"), raw(32, b"\x01", b"")] {
            assert_eq!(der_from_raw(&raw, 32), Err(EncodingError::SignatureZero));
        }
        for length in [0, 1, 63, 65, 96] {
            let expected = EncodingError::SignatureLength {
                expected: 64,
                found: length,
            };
            assert_eq!(der_from_raw(&vec![1; length], 32), Err(expected));
        }
        for field_length in [0, 67, 200] {
            assert!(der_from_raw(&vec![1; 2 * field_length], field_length).is_err());
        }
    }

    proptest! {
        #[test]
        fn every_signature_survives_strict_decoding(
            which in 0..3usize,
            leading_zeros in 0..4usize,
            seed in proptest::collection::vec(any::<u8>(), 132),
        ) {
            let field_length = FIELD_LENGTHS[which];
            let mut raw = seed[..2 * field_length].to_vec();
            raw[..leading_zeros].fill(0);
            raw[field_length..field_length + leading_zeros].fill(0);
            prop_assume!(raw[..field_length].iter().any(|&b| b != 0));
            prop_assume!(raw[field_length..].iter().any(|&b| b != 0));
            let der = der_from_raw(&raw, field_length).unwrap();
            prop_assert_eq!(strictly_decoded(&der, field_length), raw);
        }

        #[test]
        fn no_input_panics(raw in proptest::collection::vec(any::<u8>(), 0..200), which in 0..3usize) {
            let field_length = FIELD_LENGTHS[which];
            prop_assert_eq!(
                der_from_raw(&raw, field_length).is_ok(),
                raw.len() == 2 * field_length
                    && raw[..field_length].iter().any(|&b| b != 0)
                    && raw[field_length..].iter().any(|&b| b != 0)
            );
        }
    }
}
