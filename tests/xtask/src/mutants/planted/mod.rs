//! The bugs, a file for each part of the lanes, and one for the proofs.

mod avx2;
mod avx512ifma;
mod curve25519;
mod nistp256;
mod portable;
mod proofs;

use super::mutant::Mutant;

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Mutant> {
    let parts: [&[Mutant]; 6] = [
        avx512ifma::MUTANTS,
        avx2::MUTANTS,
        curve25519::MUTANTS,
        nistp256::MUTANTS,
        proofs::MUTANTS,
        portable::MUTANTS,
    ];
    parts.into_iter().flatten()
}

/// By the beginning of a file's name, parts of the names of the proofs that are the likeliest to
/// notice a bug in it.
const LIKELIEST: &[(&str, &[&str])] = &[
    (
        "isa/avx512ifma/gf25519.rs",
        &["operations::avx512ifma_curve25519"],
    ),
    (
        "isa/avx512ifma/gfp256.rs",
        &["operations::avx512ifma_nistp256"],
    ),
    ("isa/avx512ifma/limbs.rs", &["operations::avx512ifma"]),
    ("isa/avx512ifma/windows.rs", &["columns::"]),
    ("isa/avx512ifma/", &["bits::avx512ifma"]),
    ("isa/avx2/gf25519.rs", &["operations::avx2_curve25519"]),
    ("isa/avx2/gfp256.rs", &["operations::avx2_nistp256"]),
    ("isa/avx2/", &["bits::avx2"]),
    ("isa/portable/gf", &["portable::fields"]),
    ("isa/portable/", &["portable_bits"]),
    ("isa/field/operators.rs", &["formulas::"]),
    ("isa/field/", &["inversion::"]),
    ("digits.rs", &["bits::digits"]),
    ("modular/order.rs", &["portable::scalars", "generators::"]),
    ("modular/", &["portable::fields"]),
    ("integer.rs", &["portable::fields"]),
    ("tables/", &["tables::"]),
    ("../build/", &["tables::"]),
    ("curve25519/ladder.rs", &["ladder"]),
    ("curve25519/comb.rs", &["comb"]),
    ("curve25519/", &["formulas::edwards"]),
    ("nistp256/point.rs", &["formulas::nistp256"]),
    (
        "nistp256/multiples.rs",
        &["formulas::nistp256", "multiples::"],
    ),
    ("nistp256/", &["windows::", "comb::", "recoding::"]),
    ("proof/models/", &["models::"]),
    ("proof/vectors/avx2.rs", &["operations::avx2", "bits::avx2"]),
    (
        "proof/vectors/avx512ifma.rs",
        &["operations::avx512ifma", "bits::avx512ifma"],
    ),
    ("proof/bits/", &["bits::"]),
    ("proof/machine/terms/", &["terms::", "kernels::the_comb"]),
    (
        "proof/machine/",
        &[
            "numbers::",
            "flags::",
            "scalar::",
            "memory::",
            "ternary::",
            "machine::vector::",
            "kernels::the_comb",
        ],
    ),
];

/// The proofs that are asked first of a bug in a file.
pub fn likeliest(file: &str) -> &'static [&'static str] {
    let row = LIKELIEST
        .iter()
        .find(|(beginning, _)| file.starts_with(beginning));
    row.map_or(&[], |(_, proofs)| proofs)
}
