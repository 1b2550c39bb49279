//! One-shot hashes by AWS-LC.

use aws_lc_rs::digest;
use openmls_traits::types::HashType;

/// The digest of `data`, [`HashType::size`] bytes.
pub(crate) fn hash(hash_type: HashType, data: &[u8]) -> Vec<u8> {
    digest::digest(algorithm(hash_type), data).as_ref().to_vec()
}

fn algorithm(hash_type: HashType) -> &'static digest::Algorithm {
    match hash_type {
        HashType::Sha2_256 => &digest::SHA256,
        HashType::Sha2_384 => &digest::SHA384,
        HashType::Sha2_512 => &digest::SHA512,
    }
}
