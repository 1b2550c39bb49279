//! The encodings that are let through to the backend.
//!
//! AWS-LC parses more than MLS allows: compressed and hybrid points, and DER
//! structures in the place of raw keys. RFC 9420 (section 5.1.1) and RFC 9180
//! (section 7.1.1) both use uncompressed points only.
//!
//! A private key of a NIST curve is a number, and is taken for it however many zeros are
//! before it: others store it without them, as some of the MLS working group's vectors do.

//!
//! Of Ed25519's points those are let through on which no two libraries disagree.

use zeroize::Zeroizing;

/// First byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// Whether `bytes` has the form of an uncompressed point of `len` bytes.
///
/// Whether it lies on the curve is for the backend to say.
pub(crate) fn is_uncompressed_point(bytes: &[u8], len: usize) -> bool {
    bytes.len() == len && bytes.first() == Some(&UNCOMPRESSED)
}

/// The scalar of the big-endian number `bytes`, at `len` bytes (SEC 1, section 2.3.7); `None` if
/// it does not fit.
///
/// Branches on lengths alone, which are not secret. Whether it is a key is for the backend to say.
pub(crate) fn scalar(bytes: &[u8], len: usize) -> Option<Zeroizing<Vec<u8>>> {
    let (excess, digits) = bytes.split_at(bytes.len().saturating_sub(len));
    let mut scalar = Zeroizing::new(vec![0; len]);
    scalar[len - digits.len()..].copy_from_slice(digits);
    let excess = excess.iter().fold(0, |all, byte| all | byte);
    (excess == 0).then_some(scalar)
}

/// r and s of P-256, of 32 bytes each, from a DER `ECDSA-Sig-Value` (RFC 3279, section 2.2.3).
///
/// `None` for anything but the one encoding of two positive integers that fit: whether another is a
/// signature is for the backend to say.
pub(crate) fn p256_signature(der: &[u8]) -> Option<[u8; 64]> {
    const SEQUENCE: u8 = 0x30;
    let [SEQUENCE, len, integers @ ..] = der else {
        return None;
    };
    if usize::from(*len) != integers.len() {
        return None;
    }
    let (r, integers) = positive_integer(integers)?;
    let (s, rest) = positive_integer(integers)?;
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    rest.is_empty().then_some(signature)
}

/// A positive DER INTEGER below 2^256, and what follows it.
fn positive_integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    const INTEGER: u8 = 0x02;
    let [INTEGER, len, rest @ ..] = der else {
        return None;
    };
    let (bytes, rest) = rest.split_at_checked(usize::from(*len))?;
    // A zero comes first exactly where the digits would begin with a one bit.
    let digits = match bytes {
        [0, digits @ ..] if digits.first().is_some_and(|first| first & 0x80 != 0) => digits,
        [1..0x80, ..] => bytes,
        _ => return None,
    };
    let mut integer = [0; 32];
    let padding = integer.len().checked_sub(digits.len())?;
    integer[padding..].copy_from_slice(digits);
    Some((integer, rest))
}

/// The `y` of the points of edwards25519 whose order divides 8, little-endian: the neutral point, the
/// one of order 2, the two of order 4 and the four of order 8 (RFC 7748, section 4.1, for the curve;
/// "Taming the many EdDSAs", table 1).
const SMALL_ORDER: [[u8; 32]; 5] = [
    from_hex("0100000000000000000000000000000000000000000000000000000000000000"),
    from_hex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    from_hex("0000000000000000000000000000000000000000000000000000000000000000"),
    from_hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    from_hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
];

/// Whether an encoded point of edwards25519 (RFC 8032, section 5.1.2) has a `y` below `p`, and one that
/// no point of small order has.
///
/// Under a key of small order one signature is good for many messages; libraries differ on whether
/// to refuse it, and on `y` that are not reduced. Whether it is a point is for the backend to say.
pub(crate) fn is_strict_edwards_point(bytes: &[u8; 32]) -> bool {
    let mut y = *bytes;
    y[31] &= 0x7f;
    is_below_p(&y) && !SMALL_ORDER.contains(&y)
}

/// Whether `y`, of 255 bits, is below `2^255 - 19`.
fn is_below_p(y: &[u8; 32]) -> bool {
    let [lowest, middle @ .., highest] = y;
    *lowest < 0xed || *highest != 0x7f || middle.iter().any(|&byte| byte != 0xff)
}

/// Decodes hexadecimal digits at compile time.
pub(crate) const fn from_hex<const N: usize>(digits: &str) -> [u8; N] {
    const fn digit(character: u8) -> u8 {
        match character {
            b'0'..=b'9' => character - b'0',
            b'a'..=b'f' => character - b'a' + 10,
            _ => panic!("not a hexadecimal digit"),
        }
    }
    assert!(digits.len() == 2 * N);
    let digits = digits.as_bytes();
    let mut bytes = [0; N];
    let mut i = 0;
    while i < N {
        bytes[i] = digit(digits[2 * i]) << 4 | digit(digits[2 * i + 1]);
        i += 1;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The base point, `p - 2`, and `2^255 - 19` and all above it; then the sign of `x`.
    #[test]
    fn edwards_points_are_reduced_and_not_of_small_order() {
        let p = from_hex::<32>("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
        let above = (0xed..=0xff).map(|lowest| {
            let mut above = p;
            above[0] = lowest;
            above
        });
        let mut base = [0x66; 32];
        base[0] = 0x58;
        let mut two_below = p;
        two_below[0] = 0xeb;
        let good = [base, two_below].map(|point| (point, true));
        let bad = above.chain(SMALL_ORDER).map(|point| (point, false));
        let mut cases = 0;
        for (point, expected) in good.into_iter().chain(bad) {
            let mut negative = point;
            negative[31] |= 0x80;
            for point in [point, negative] {
                assert_eq!(is_strict_edwards_point(&point), expected, "{point:02x?}");
                cases += 1;
            }
        }
        assert_eq!(cases, 2 * (2 + 19 + 5));
    }

    /// A DER INTEGER of these bytes.
    fn integer(bytes: &[u8]) -> Vec<u8> {
        [&[2, bytes.len() as u8], bytes].concat()
    }

    fn signature(r: &[u8], s: &[u8]) -> Vec<u8> {
        let integers = [integer(r), integer(s)].concat();
        [vec![0x30, integers.len() as u8], integers].concat()
    }

    #[test]
    fn signatures_have_one_encoding() {
        let largest = [&[0][..], &[0xff; 32]].concat();
        let mut expected = [0xff; 64];
        expected[..32].fill(0);
        expected[31] = 1;
        assert_eq!(p256_signature(&signature(&[1], &largest)), Some(expected));
        let good = signature(&[0x7f], &[0, 0x80]);
        assert!(p256_signature(&good).is_some());
        for (r, s) in [
            (&[][..], &[1][..]),
            (&[0], &[1]),
            (&[0, 1], &[1]),
            (&[0x80], &[1]),
            (&[1], &[0, 0x7f]),
            (&[1], &[0xff; 32]),
            (&[1], &[1; 33]),
            (&[1], &[&[0, 0x80][..], &[0; 32]].concat()),
        ] {
            assert_eq!(p256_signature(&signature(r, s)), None, "{r:?} {s:?}");
        }
        for end in 0..good.len() {
            assert_eq!(p256_signature(&good[..end]), None);
        }
        for place in 0..4 {
            let mut spoiled = good.clone();
            spoiled[place] ^= 1;
            assert_eq!(p256_signature(&spoiled), None, "byte {place}");
        }
        assert_eq!(p256_signature(&[&good[..], &[0]].concat()), None);
    }

    #[test]
    fn a_scalar_is_its_number_at_its_length() {
        let of = |bytes: &[u8]| scalar(bytes, 4).map(|scalar| scalar.to_vec());
        for bytes in [&[7, 0, 9][..], &[0, 7, 0, 9], &[0, 0, 0, 0, 7, 0, 9]] {
            assert_eq!(of(bytes), Some(vec![0, 7, 0, 9]));
        }
        assert_eq!(of(&[]), Some(vec![0; 4]));
        assert_eq!(of(&[0; 9]), Some(vec![0; 4]));
        for bytes in [[1, 0, 7, 0, 9], [0x80, 0, 0, 0, 0]] {
            assert_eq!(of(&bytes), None);
        }
    }

    #[test]
    fn only_uncompressed_points_of_the_right_length_pass() {
        let point = |first: u8, len: usize| {
            let mut bytes = vec![1; len];
            bytes[0] = first;
            bytes
        };
        assert!(is_uncompressed_point(&point(4, 65), 65));
        for first in [0, 2, 3, 5, 6, 7] {
            assert!(!is_uncompressed_point(&point(first, 65), 65));
        }
        for len in [1, 33, 64, 66, 97] {
            assert!(!is_uncompressed_point(&point(4, len), 65));
        }
        assert!(!is_uncompressed_point(&[], 65));
    }
}
