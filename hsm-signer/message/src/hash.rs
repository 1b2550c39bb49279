//! SHA-2, by AWS-LC.

use aws_lc_rs::digest;
use openmls_traits::types::HashType;

/// A SHA-256 hash.
pub type Sha256 = [u8; 32];

/// SHA-256.
pub fn sha256(input: &[u8]) -> Sha256 {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, input).as_ref());
    hash
}

/// The hash of `input`, of the algorithm's length: 32, 48 or 64 bytes.
pub fn digest(hash: HashType, input: &[u8]) -> Vec<u8> {
    let algorithm = match hash {
        HashType::Sha2_256 => &digest::SHA256,
        HashType::Sha2_384 => &digest::SHA384,
        HashType::Sha2_512 => &digest::SHA512,
    };
    digest::digest(algorithm, input).as_ref().to_vec()
}
