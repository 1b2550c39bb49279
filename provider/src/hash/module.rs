//! SHA-256 by the FIPS module.

use aws_lc_rs::digest::{Context, SHA256, SHA256_OUTPUT_LEN};
use mls_fips::{Algorithm, Service, observe};

/// SHA-256 of the concatenated `message`.
pub(crate) fn sha256<'a>(message: impl IntoIterator<Item = &'a [u8]>) -> [u8; SHA256_OUTPUT_LEN] {
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
