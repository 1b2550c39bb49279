//! HMAC (RFC 2104) and HKDF (RFC 5869).

pub(crate) mod hkdf;
pub(crate) mod hmac;
