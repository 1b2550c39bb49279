//! One-shot hashes.

#[cfg(feature = "fips")]
mod module;
#[cfg(not(feature = "fips"))]
mod states;

use aws_lc_rs::digest;
use mls_fips::{Algorithm, Service, observe};
use openmls_traits::types::HashType;

#[cfg(feature = "fips")]
pub(crate) use module::sha256;
#[cfg(not(feature = "fips"))]
pub(crate) use states::sha256;

/// The digest of `data`, [`HashType::size`] bytes.
pub(crate) fn hash(hash_type: HashType, data: &[u8]) -> Vec<u8> {
    match hash_type {
        HashType::Sha2_256 => sha256([data]).to_vec(),
        HashType::Sha2_384 => by_aws_lc(&digest::SHA384, data),
        HashType::Sha2_512 => by_aws_lc(&digest::SHA512, data),
    }
}

fn by_aws_lc(algorithm: &'static digest::Algorithm, data: &[u8]) -> Vec<u8> {
    let digest = observe(Service::Digest, Algorithm::Sha2, || {
        digest::digest(algorithm, data)
    });
    digest.as_ref().to_vec()
}
