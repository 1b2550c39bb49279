//! r || s from a token to the DER that MLS sends.
#![no_main]

use mls_hsm_signer::encoding::ecdsa::der_from_raw;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((first, raw)) = input.split_first() else {
        return;
    };
    let field_length = [32, 48, 66, usize::from(*first)][usize::from(*first) % 4];
    if let Ok(der) = der_from_raw(raw, field_length) {
        assert_eq!(decoded(&der, field_length), raw);
    }
});

/// Strictly: SEQUENCE of two INTEGERs, each minimal and not negative.
fn decoded(der: &[u8], field_length: usize) -> Vec<u8> {
    let content = field(der, 0x30, true);
    let (r, s) = content.split_at(2 + usize::from(content[1]));
    [r, s]
        .map(|number| {
            let value = field(number, 0x02, false);
            assert!(value[0] & 0x80 == 0, "negative");
            assert!(value[0] != 0 || value.get(1).is_some_and(|next| next & 0x80 != 0));
            let magnitude = &value[usize::from(value[0] == 0)..];
            let mut fixed = vec![0; field_length - magnitude.len()];
            fixed.extend_from_slice(magnitude);
            fixed
        })
        .concat()
}

fn field(der: &[u8], tag: u8, may_be_long: bool) -> &[u8] {
    assert_eq!(der[0], tag);
    let (length, content) = match der[1] {
        0x81 if may_be_long && der[2] >= 0x80 => (usize::from(der[2]), &der[3..]),
        short => (usize::from(short), &der[2..]),
    };
    assert_eq!(content.len(), length);
    assert!(der[1] < 0x80 || der[1] == 0x81);
    content
}
