//! From r || s to DER.

use der::asn1::UintRef;
use der::{Decode, Reader, SliceReader};
use mls_signer_message::encoding::EncodingError;
use mls_signer_message::encoding::ecdsa::der_from_raw;
use proptest::prelude::*;

const FIELD_LENGTHS: [usize; 3] = [32, 48, 66];

/// Decodes with the `der` crate, which refuses every encoding that is not minimal.
fn strictly_decoded(der: &[u8], field_length: usize) -> Vec<u8> {
    let mut reader = SliceReader::new(der).unwrap();
    let (r, s) = reader
        .sequence(|inner| Ok::<_, der::Error>((UintRef::decode(inner)?, UintRef::decode(inner)?)))
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
