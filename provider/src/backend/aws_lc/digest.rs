//! SHA-2 by AWS-LC.

use aws_lc_rs::digest::{self, SHA384, SHA512};
use mls_fips::{Algorithm, Service, observe};

#[cfg(feature = "fips")]
pub(crate) use module::sha256;

/// SHA-384 of `data`, 48 bytes.
pub(crate) fn sha384(data: &[u8]) -> Vec<u8> {
    hash(&SHA384, data)
}

/// SHA-512 of `data`, 64 bytes.
pub(crate) fn sha512(data: &[u8]) -> Vec<u8> {
    hash(&SHA512, data)
}

fn hash(algorithm: &'static digest::Algorithm, data: &[u8]) -> Vec<u8> {
    let digest = observe(Service::Digest, Algorithm::Sha2, || {
        digest::digest(algorithm, data)
    });
    digest.as_ref().to_vec()
}

/// SHA-256 by the FIPS module; beside the other AWS-LC it is `backend/midstate`'s.
#[cfg(feature = "fips")]
mod module {
    use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
    use mls_fips::{Algorithm, Service, observe};

    /// SHA-256 of the concatenated `message`.
    pub(crate) fn sha256<'a>(
        message: impl IntoIterator<Item = &'a [u8]>,
    ) -> [u8; SHA256_OUTPUT_LEN] {
        let digest = observe(Service::Digest, Algorithm::Sha2, || {
            let mut context = Context::new(&SHA256);
            for part in message {
                context.update(part);
            }
            context.finish()
        });
        let mut hash = [0; SHA256_OUTPUT_LEN];
        hash.copy_from_slice(digest.as_ref());
        hash
    }
}
