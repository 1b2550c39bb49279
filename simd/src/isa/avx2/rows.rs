//! Elements chosen by public indices.

use std::sync::LazyLock;

use super::{
    Avx2, Vector, for_limbs,
    gf25519::{self, Gf25519},
    gfp256::{self, GfP256},
};
use crate::{
    isa::field::rows::{BaseRows, Rows},
    tables::{curve25519, nistp256},
};

/// Limbs, of which 32 bits count.
type Row = [u32; 10];

#[inline(always)]
fn scatter(limbs: &[Vector; 10], to: &mut [Row]) {
    for_limbs!(i => {
        let mut words = [0; 4];
        limbs[i].store_words(&mut words);
        for (row, word) in to.iter_mut().zip(words) {
            row[i] = word as u32;
        }
    });
}

#[inline(always)]
fn gather(isa: Avx2, rows: &[&Row]) -> [Vector; 10] {
    let rows: [&Row; 4] = [rows[0], rows[1], rows[2], rows[3]];
    let mut limbs = [isa.splat(0); 10];
    for_limbs!(i => {
        let words = [
            u64::from(rows[0][i]),
            u64::from(rows[1][i]),
            u64::from(rows[2][i]),
            u64::from(rows[3][i]),
        ];
        limbs[i] = isa.load_words(&words);
    });
    limbs
}

fn row(limbs: [u64; 10]) -> Row {
    limbs.map(|limb| limb as u32)
}

macro_rules! rows {
    ($module:ident, $field:ident) => {
        impl Rows for $field {
            type Row = Row;
            const ZERO: Row = [0; 10];

            #[inline(always)]
            fn scatter(element: &$module::Factor, to: &mut [Row]) {
                scatter(&element.0, to);
            }

            #[inline(always)]
            fn gather(isa: Avx2, rows: &[&Row]) -> $module::Factor {
                $module::Factor(gather(isa, rows))
            }
        }
    };
}
rows!(gf25519, Gf25519);
rows!(gfp256, GfP256);

impl BaseRows<4> for Gf25519 {
    fn multiples() -> &'static [[Row; 4]] {
        static MULTIPLES: LazyLock<Vec<[Row; 4]>> = LazyLock::new(|| {
            let entries = curve25519::SMALL_MULTIPLES.iter();
            entries
                .map(|entry| entry.map(|integer| row(gf25519::limbs(&integer))))
                .collect()
        });
        &MULTIPLES
    }
}

impl BaseRows<3> for GfP256 {
    fn multiples() -> &'static [[Row; 3]] {
        static MULTIPLES: LazyLock<Vec<[Row; 3]>> = LazyLock::new(|| {
            let entries = nistp256::SMALL_TIMES_2_TO_260.iter();
            entries
                .map(|entry| entry.map(|integer| row(gfp256::limbs(&integer))))
                .collect()
        });
        &MULTIPLES
    }
}
