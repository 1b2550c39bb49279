//! One-shot hashes.
//!
//! AWS-LC has the faster SHA-384 and SHA-512. For SHA-256 both run the CPU's
//! SHA instructions, and what decides is the way there: a commit in a group of
//! thousands hashes tens of thousands of short inputs.

use aws_lc_rs::digest;
use openmls_traits::types::HashType;

use crate::kdf::sha2::{Hasher, Sha2, Sha256};

/// The digest of `data`, [`HashType::size`] bytes.
pub(crate) fn hash(hash_type: HashType, data: &[u8]) -> Vec<u8> {
    match hash_type {
        HashType::Sha2_256 => sha256([data]).to_vec(),
        HashType::Sha2_384 => digest::digest(&digest::SHA384, data).as_ref().to_vec(),
        HashType::Sha2_512 => digest::digest(&digest::SHA512, data).as_ref().to_vec(),
    }
}

/// SHA-256 of the concatenated `message`.
pub(crate) fn sha256<'a>(message: impl IntoIterator<Item = &'a [u8]>) -> [u8; Sha256::HASH_LEN] {
    let mut hasher = Hasher::<Sha256>::new();
    for part in message {
        hasher.update(part);
    }
    let mut hash = [0; Sha256::HASH_LEN];
    Sha256::write_hash(&hasher.finish(), &mut hash);
    hash
}
