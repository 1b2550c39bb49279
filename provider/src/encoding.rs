//! The encodings that are let through to the backend.
//!
//! AWS-LC parses more than MLS allows: compressed and hybrid points, and DER
//! structures in the place of raw keys. RFC 9420 (section 5.1.1) and RFC 9180
//! (section 7.1.1) both use uncompressed points only.
//!
//! A private key of a NIST curve is a number, and is taken for it however many zeros are
//! before it: others store it without them, as some of the MLS working group's vectors do.

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

#[cfg(test)]
mod tests {
    use super::*;

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
