//! HMAC (RFC 2104) and HKDF (RFC 5869).

pub(crate) mod hkdf;
pub(crate) mod hmac;

/// Length in bytes of the longest hash output, SHA-512's.
pub(crate) const MAX_HASH_LEN: usize = 64;
