//! The bugs, a file for each part of the lanes.

mod avx2;
mod avx512ifma;
mod curve25519;
mod nistp256;
mod portable;

use super::mutant::Mutant;

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    let parts: [&[Mutant]; 5] = [
        avx512ifma::MUTANTS,
        avx2::MUTANTS,
        portable::MUTANTS,
        curve25519::MUTANTS,
        nistp256::MUTANTS,
    ];
    parts.into_iter().flatten()
}
