//! How fast the vector engines could be: the vector operations of their kernels, at two
//! a cycle.
//!
//! The steps of every kernel are counted from `simd/src/curve25519` and
//! `simd/src/nistp256`, and what a step costs from `simd/src/isa`:
//!
//! ```text
//! limit = sum over the steps (how often x operations each) / (2 x lanes)
//! ```
//!
//! With AVX-512 IFMA all operations but moves count. Two 512-bit operations a cycle are
//! what Intel's cores do, vpmadd52 or not; AMD's Zen 5 does two vpmadd52 and beside them
//! two others, so that it may come out above the limit. With AVX2 only the
//! multiplications (vpmuludq) count, of which all cores do two a cycle at most: the
//! additions, shifts and loads that it needs beside them keep it far below.
//!
//! A verification's lookups, by public indices, are loads and moves and left out.
//!
//! An inversion is shared by a full group of 16 vectors: a shorter batch comes out lower.
//! What is done once for a vector is left out but for the one complete addition of P-256:
//! decoding, the recoding of scalars, checks.

/// For each step over the field: how many a kernel takes, or how many vector operations
/// each costs.
#[derive(Clone, Copy)]
struct Steps {
    mul: u32,
    square: u32,
    carry: u32,
    add: u32,
    sub: u32,
    select: u32,
    negate_if: u32,
    lookup: u32,
    add_a24_times: u32,
    add_sub: u32,
    twice_add_sub: u32,
    /// One addition or subtraction of sums of products.
    sum: u32,
    reduce: u32,
    mul_sub: u32,
    mul_sub_square: u32,
}

const NONE: Steps = Steps {
    mul: 0,
    square: 0,
    carry: 0,
    add: 0,
    sub: 0,
    select: 0,
    negate_if: 0,
    lookup: 0,
    add_a24_times: 0,
    add_sub: 0,
    twice_add_sub: 0,
    sum: 0,
    reduce: 0,
    mul_sub: 0,
    mul_sub_square: 0,
};

/// 2^255 - 19 with vpmadd52: 50 of them and 17 operations to fold a product, 30, 8
/// doublings and 17 for a square; 11 to carry; 2 permutations and a blend for each of
/// five limbs that are looked up.
const IFMA_25519: Steps = Steps {
    mul: 50 + 17,
    square: 30 + 8 + 17,
    carry: 11,
    add: 5 + 11,
    sub: 8 + 11,
    select: 5,
    negate_if: 8 + 11,
    lookup: 3 * 5,
    add_a24_times: 11 + 11,
    add_sub: 13 + 11,
    twice_add_sub: 18 + 11,
    ..NONE
};

/// P-256 with vpmadd52: as before, but 40 operations to divide by 2^260, of which 30 are
/// vpmadd52; 8 to carry; 19 to reduce a sum; 10 to negate a double-length product.
const IFMA_P256: Steps = Steps {
    mul: 50 + 40,
    square: 38 + 40,
    carry: 8,
    add: 5 + 8,
    sub: 5 + 19,
    select: 5,
    negate_if: 5,
    lookup: 3 * 5,
    sum: 5,
    reduce: 19,
    mul_sub: 50 + 10 + 50 + 40,
    mul_sub_square: 38 + 10 + 50 + 40,
    ..NONE
};

/// 2^255 - 19 with vpmuludq: 100 products of limbs and 9 limbs times 19, or 55 and 5.
const AVX2_25519: Steps = Steps {
    mul: 100 + 9,
    square: 55 + 5,
    add_a24_times: 10 + 1,
    add_sub: 1,
    twice_add_sub: 1,
    ..NONE
};

/// P-256 with vpmuludq: 100 or 55 products of limbs, and 20 to divide by 2^260.
const AVX2_P256: Steps = Steps {
    mul: 100 + 20,
    square: 55 + 20,
    mul_sub: 2 * (100 + 20),
    mul_sub_square: 100 + 20 + 55 + 20,
    ..NONE
};

/// One bit of the ladder: 5 M + 4 S.
const LADDER_STEP: Steps = Steps {
    mul: 5,
    square: 4,
    carry: 3,
    add: 3,
    sub: 4,
    select: 2,
    add_a24_times: 1,
    ..NONE
};

/// One addition of the Edwards comb: 7 M.
const EDWARDS_ADDITION: Steps = Steps {
    mul: 7,
    add: 3,
    sub: 3,
    select: 2,
    negate_if: 1,
    lookup: 3,
    ..NONE
};

/// A doubling on the Edwards curve: 3 M + 4 S.
const EDWARDS_DOUBLING: Steps = Steps {
    mul: 3,
    square: 4,
    carry: 3,
    add: 2,
    sub: 1,
    add_sub: 1,
    twice_add_sub: 1,
    ..NONE
};

/// An addition of a multiple of the base point in a verification: 7 M.
const BASE_ADDITION_25519: Steps = Steps {
    mul: 7,
    carry: 1,
    add: 3,
    sub: 3,
    ..NONE
};

/// An addition of a multiple of the key: 8 M.
const KEY_ADDITION_25519: Steps = Steps {
    mul: 8,
    carry: 2,
    ..BASE_ADDITION_25519
};

/// A multiple of the key as an entry of its table.
const KEY_ENTRY_25519: Steps = Steps {
    mul: 1,
    carry: 2,
    add: 2,
    sub: 2,
    ..NONE
};

/// Doubling: 4 M + 4 S.
const DOUBLING: Steps = Steps {
    mul: 3,
    square: 3,
    carry: 3,
    sum: 8,
    reduce: 5,
    mul_sub_square: 1,
    ..NONE
};

/// An addition in terms of 2 Y, 8 M + 3 S, and the choice among eight multiples.
const WINDOW_ADDITION: Steps = Steps {
    mul: 6,
    square: 3,
    carry: 3,
    add: 1,
    select: 7 * 2,
    negate_if: 1,
    sum: 9,
    reduce: 6,
    mul_sub: 1,
    ..NONE
};

/// An addition of a multiple of the base point in a verification: the same without a choice.
const BASE_ADDITION_P256: Steps = Steps {
    select: 0,
    ..WINDOW_ADDITION
};

/// An addition of P-256's comb: 8 M + 3 S.
const COMB_ADDITION: Steps = Steps {
    mul: 6,
    square: 3,
    carry: 5,
    negate_if: 1,
    lookup: 2,
    sum: 6,
    reduce: 5,
    mul_sub: 1,
    ..NONE
};

/// The complete addition: 17 M, two of them by b.
const COMPLETE_ADDITION: Steps = Steps {
    mul: 17,
    carry: 1,
    add: 4,
    sub: 1,
    sum: 15,
    reduce: 5,
    ..NONE
};

/// One of the seven further odd multiples of a point, its denominator taken away.
const MULTIPLE: Steps = Steps {
    mul: 9,
    square: 3,
    carry: 7,
    sum: 10,
    reduce: 9,
    ..NONE
};

/// A product that is multiplied on.
const PRODUCT: Steps = Steps {
    mul: 1,
    carry: 1,
    ..NONE
};

/// a^(p - 2) on curve25519 and P-256.
const INVERSION_25519: Steps = inversion(254, 11);
const INVERSION_P256: Steps = inversion(255, 13);

/// A square root of a quotient.
const ROOT_25519: Steps = Steps {
    mul: 11 + 9,
    square: 252 + 4,
    carry: 252 + 11 + 13,
    ..NONE
};

/// The vectors that share an inversion, and those whose tables of multiples do.
const GROUP: u32 = 16;
const TABLES: u32 = 8;

const fn inversion(squarings: u32, products: u32) -> Steps {
    Steps {
        mul: products,
        square: squarings,
        carry: squarings + products,
        ..NONE
    }
}

impl Steps {
    /// The vector operations of these steps at the given costs.
    const fn at(&self, cost: &Self) -> u32 {
        self.mul * cost.mul
            + self.square * cost.square
            + self.carry * cost.carry
            + self.add * cost.add
            + self.sub * cost.sub
            + self.select * cost.select
            + self.negate_if * cost.negate_if
            + self.lookup * cost.lookup
            + self.add_a24_times * cost.add_a24_times
            + self.add_sub * cost.add_sub
            + self.twice_add_sub * cost.twice_add_sub
            + self.sum * cost.sum
            + self.reduce * cost.reduce
            + self.mul_sub * cost.mul_sub
            + self.mul_sub_square * cost.mul_sub_square
    }
}

/// The share of a vector in an inversion, by Montgomery's trick.
const fn share(inversion: &Steps, vectors: u32, cost: &Steps) -> u32 {
    inversion.at(cost) / vectors + 3 * PRODUCT.at(cost)
}

const fn x25519_agree(cost: &Steps) -> u32 {
    255 * LADDER_STEP.at(cost) + share(&INVERSION_25519, GROUP, cost) + PRODUCT.at(cost)
}

const fn x25519_keygen(cost: &Steps) -> u32 {
    42 * EDWARDS_ADDITION.at(cost) + share(&INVERSION_25519, GROUP, cost) + PRODUCT.at(cost)
}

const fn p256_agree(cost: &Steps) -> u32 {
    7 * MULTIPLE.at(cost)
        + share(&INVERSION_P256, TABLES, cost)
        + 63 * 4 * DOUBLING.at(cost)
        + 62 * WINDOW_ADDITION.at(cost)
        + COMPLETE_ADDITION.at(cost)
        + share(&INVERSION_P256, GROUP, cost)
        + PRODUCT.at(cost)
}

const fn p256_keygen(cost: &Steps) -> u32 {
    41 * COMB_ADDITION.at(cost)
        + COMPLETE_ADDITION.at(cost)
        + share(&INVERSION_P256, GROUP, cost)
        + 2 * PRODUCT.at(cost)
}

const fn ed25519_verify(cost: &Steps) -> u32 {
    ROOT_25519.at(cost)
        + 16 * KEY_ADDITION_25519.at(cost)
        + 17 * KEY_ENTRY_25519.at(cost)
        + 250 * EDWARDS_DOUBLING.at(cost)
        + 51 * KEY_ADDITION_25519.at(cost)
        + 32 * BASE_ADDITION_25519.at(cost)
        + share(&INVERSION_25519, GROUP, cost)
        + 2 * PRODUCT.at(cost)
}

const fn p256_verify(cost: &Steps) -> u32 {
    7 * MULTIPLE.at(cost)
        + share(&INVERSION_P256, TABLES, cost)
        + 63 * 4 * DOUBLING.at(cost)
        + 63 * WINDOW_ADDITION.at(cost)
        + 32 * BASE_ADDITION_P256.at(cost)
        + 2 * PRODUCT.at(cost)
}

/// The least cycles for one lane of a vector of `lanes` that takes these operations.
const fn cycles(operations: u32, lanes: u32) -> u32 {
    operations / (2 * lanes)
}

/// The limits, in cycles a lane, by engine and operation.
static LIMITS: &[(&str, &str, u32)] = &[
    (
        "avx512ifma",
        "x25519-agree",
        cycles(x25519_agree(&IFMA_25519), 8),
    ),
    (
        "avx512ifma",
        "x25519-keygen",
        cycles(x25519_keygen(&IFMA_25519), 8),
    ),
    (
        "avx512ifma",
        "p256-agree",
        cycles(p256_agree(&IFMA_P256), 8),
    ),
    (
        "avx512ifma",
        "p256-keygen",
        cycles(p256_keygen(&IFMA_P256), 8),
    ),
    (
        "avx512ifma",
        "ed25519-verify",
        cycles(ed25519_verify(&IFMA_25519), 8),
    ),
    (
        "avx512ifma",
        "p256-verify",
        cycles(p256_verify(&IFMA_P256), 8),
    ),
    ("avx2", "x25519-agree", cycles(x25519_agree(&AVX2_25519), 4)),
    (
        "avx2",
        "x25519-keygen",
        cycles(x25519_keygen(&AVX2_25519), 4),
    ),
    ("avx2", "p256-agree", cycles(p256_agree(&AVX2_P256), 4)),
    ("avx2", "p256-keygen", cycles(p256_keygen(&AVX2_P256), 4)),
    (
        "avx2",
        "ed25519-verify",
        cycles(ed25519_verify(&AVX2_25519), 4),
    ),
    ("avx2", "p256-verify", cycles(p256_verify(&AVX2_P256), 4)),
];

/// The least cycles that `engine` takes for one element of `operation` in full vectors;
/// `None` for engines without vectors.
pub fn limit(engine: &str, operation: &str) -> Option<f64> {
    let mut limits = LIMITS.iter();
    let (.., cycles) = limits.find(|row| (row.0, row.1) == (engine, operation))?;
    Some(f64::from(*cycles))
}

#[cfg(test)]
mod tests {
    use mls_lanes::Backend;

    use super::*;
    use crate::lanes::operation;

    #[test]
    fn every_vector_engine_has_a_limit_in_every_operation_and_no_other_has() {
        for operation in operation::names() {
            for &engine in Backend::NAMES {
                let limit = limit(engine, operation);
                println!("{engine}, {operation}: {limit:?}");
                assert_eq!(limit.is_some(), engine != "portable");
            }
            assert_eq!(limit("aws-lc-rs", operation), None);
        }
        assert_eq!(LIMITS.len(), 2 * operation::OPERATIONS.len());
    }

    /// As counted in the machine code: 735, 634, 794 and 1107 operations on zmm registers
    /// in the loops, moves left out. The compiler saves a few, the counts leave out a few.
    #[test]
    fn the_counts_are_close_to_the_machine_code() {
        let counted = [
            (LADDER_STEP.at(&IFMA_25519), 735),
            (EDWARDS_ADDITION.at(&IFMA_25519), 634),
            (DOUBLING.at(&IFMA_P256), 794),
            (COMB_ADDITION.at(&IFMA_P256), 1107),
        ];
        for (counted, in_code) in counted {
            assert!(
                counted.abs_diff(in_code) * 40 < in_code,
                "{counted}, not {in_code}"
            );
        }
    }
}
