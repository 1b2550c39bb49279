//! SHA-2 by ring.

use ring::digest::{Context, SHA256, SHA256_OUTPUT_LEN, SHA384, SHA512, digest};

/// SHA-256 of the concatenated `message`.
pub(crate) fn sha256<'a>(message: impl IntoIterator<Item = &'a [u8]>) -> [u8; SHA256_OUTPUT_LEN] {
    let mut context = Context::new(&SHA256);
    for part in message {
        context.update(part);
    }
    let mut hash = [0; SHA256_OUTPUT_LEN];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// SHA-384 of `data`, 48 bytes.
pub(crate) fn sha384(data: &[u8]) -> Vec<u8> {
    digest(&SHA384, data).as_ref().to_vec()
}

/// SHA-512 of `data`, 64 bytes.
pub(crate) fn sha512(data: &[u8]) -> Vec<u8> {
    digest(&SHA512, data).as_ref().to_vec()
}
