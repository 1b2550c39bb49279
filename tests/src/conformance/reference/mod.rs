//! The second implementation that the checks compare with.
//!
//! Hashes, HMAC, AEAD and Ed25519 come from `ring`, X25519 from `x25519-dalek`, the NIST curves
//! from RustCrypto's `p256`, `p384` and `p521`. HKDF (RFC 5869) and HPKE (RFC 9180) are written on
//! top of these, straight from the RFCs' pseudocode; [`hpke`] is itself checked against the RFC's
//! vectors. No function here is fast or free of secret-dependent branches, and none has to be.
//!
//! `None` means that the input is refused.

pub mod hpke;
pub mod kem;
pub mod signature;
pub mod symmetric;

mod labeled;
mod nist;
