//! One-shot hashes.

use openmls_traits::types::HashType;

use crate::backend::digest;

pub(crate) use crate::backend::sha256;

/// The digest of `data`, [`HashType::size`] bytes.
pub(crate) fn hash(hash_type: HashType, data: &[u8]) -> Vec<u8> {
    match hash_type {
        HashType::Sha2_256 => sha256([data]).to_vec(),
        HashType::Sha2_384 => digest::sha384(data),
        HashType::Sha2_512 => digest::sha512(data),
    }
}
