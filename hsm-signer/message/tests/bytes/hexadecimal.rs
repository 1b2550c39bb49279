//! Hexadecimal, in either case and in lower case.

use mls_signer_message::encoding::{from_hex, from_lower_hex, hex};

#[test]
fn each_byte_has_two_digits() {
    assert_eq!(hex(&[]), "");
    assert_eq!(hex(&[0x00, 0x0f, 0xa5, 0xff]), "000fa5ff");
}

#[test]
fn two_digits_are_a_byte_and_anything_else_is_refused() {
    for (text, bytes) in [("", &[][..]), ("000fa5ff", &[0x00, 0x0f, 0xa5, 0xff])] {
        assert_eq!(from_hex(text).as_deref(), Some(bytes));
        assert_eq!(from_lower_hex(text).as_deref(), Some(bytes));
    }
    assert_eq!(from_hex("A5fF"), Some(vec![0xa5, 0xff]));
    assert_eq!(from_lower_hex("A5fF"), None);
    for wrong in ["0", "000", "0g", "+1", " 1", "0x01", "０１", "é"] {
        assert_eq!(from_hex(wrong), None, "{wrong:?}");
        assert_eq!(from_lower_hex(wrong), None, "{wrong:?}");
    }
}
