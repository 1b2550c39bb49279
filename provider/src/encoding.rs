//! The encodings that are let through to the backend.
//!
//! AWS-LC parses more than MLS allows: compressed and hybrid points, and DER
//! structures in the place of raw keys. RFC 9420 (section 5.1.1) and RFC 9180
//! (section 7.1.1) both use uncompressed points only.

/// First byte of an uncompressed point (SEC 1, section 2.3.3).
const UNCOMPRESSED: u8 = 0x04;

/// Whether `bytes` has the form of an uncompressed point of `len` bytes.
///
/// Whether it lies on the curve is for the backend to say.
pub(crate) fn is_uncompressed_point(bytes: &[u8], len: usize) -> bool {
    bytes.len() == len && bytes.first() == Some(&UNCOMPRESSED)
}

#[cfg(test)]
mod tests {
    use super::is_uncompressed_point;

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
