//! CKA_VALUE of a public key: the ML-DSA public key as a token gives it.

use mls_signer_message::encoding::EncodingError;
use mls_signer_message::scheme::Scheme;

/// The public key in `value`, CKA_VALUE of a public key (PKCS#11 3.2, section 6.67.2), as MLS
/// carries it: both are the encoding of FIPS 204, algorithm 22.
///
/// # Errors
/// [`EncodingError::PublicValue`] when it does not have the scheme's length.
pub fn public_key(value: &[u8], scheme: &Scheme) -> Result<Vec<u8>, EncodingError> {
    if value.len() == scheme.public_key_length {
        Ok(value.to_vec())
    } else {
        Err(EncodingError::PublicValue {
            scheme: scheme.title,
            expected: scheme.public_key_length,
            found: value.len(),
        })
    }
}

#[cfg(all(test, feature = "draft-ietf-mls-pq-ciphersuites"))]
mod tests {
    use super::*;

    #[test]
    fn public_keys_have_the_length_of_their_parameter_set() {
        for (name, length) in [("mldsa44", 1312), ("mldsa65", 1952), ("mldsa87", 2592)] {
            let scheme = Scheme::by_name(name).unwrap();
            let value = vec![7; length];
            assert_eq!(public_key(&value, scheme), Ok(value));
            for found in [0, length - 1, length + 1] {
                let refused = EncodingError::PublicValue {
                    scheme: scheme.title,
                    expected: length,
                    found,
                };
                assert_eq!(public_key(&vec![7; found], scheme), Err(refused));
            }
        }
    }
}
