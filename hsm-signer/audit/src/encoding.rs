//! What is stored, hashed and signed, in the presentation language of RFC 9420, section 2.1.

use tls_codec::Serialize;

/// The encoding of `value`. Memory takes it all, and nothing here comes near 2^30 bytes, the
/// longest that there is a length for, so that there is always one.
pub(crate) fn encoded(value: &impl Serialize) -> Vec<u8> {
    value.tls_serialize_detached().unwrap_or_default()
}
