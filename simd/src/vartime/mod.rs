//! Signatures verified in variable time, in lanes.
//!
//! Keys, messages and signatures are public, and so is what comes of them: time, branches and
//! addresses depend on all of it, and nothing is cleared. Nothing secret may go in.
//!
//! Each signature is checked by itself: there is no random combination of several, which would
//! accept some that are wrong one by one.

pub mod ed25519;
pub mod p256;

use crate::Backend;

/// Whose kernels verify. Those for AVX-512 IFMA have not run yet on a CPU that has it: AVX2's, which it has
/// too, take their place.
fn seen_to_work(backend: Backend) -> Backend {
    match backend.name() {
        "avx512ifma" => "avx2".parse().unwrap_or(backend),
        _ => backend,
    }
}
