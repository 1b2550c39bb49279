//! SHA-256 by the `sha2` crate.
//!
//! AWS-LC has the faster SHA-384 and SHA-512. For SHA-256 both run the CPU's
//! SHA instructions, and what decides is the way there: a commit in a group of
//! thousands hashes tens of thousands of short inputs.

use super::{Hasher, Sha2, Sha256};

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
