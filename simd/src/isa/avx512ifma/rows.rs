//! Elements chosen by public indices.

use std::sync::LazyLock;

use super::{
    Avx512Ifma,
    gf25519::{self, Gf25519},
    gfp256::{self, GfP256},
    limbs::{Limbs, limbs},
};
use crate::{
    isa::field::rows::{BaseRows, Rows},
    tables::{curve25519, nistp256},
};

/// Limbs, of which 52 bits count.
type Row = [u64; 5];

#[inline(always)]
fn scatter(limbs: &Limbs, to: &mut [Row]) {
    for (i, limb) in limbs.iter().enumerate() {
        let mut words = [0; 8];
        limb.store_words(&mut words);
        for (row, word) in to.iter_mut().zip(words) {
            row[i] = word;
        }
    }
}

#[inline(always)]
fn gather(isa: Avx512Ifma, rows: &[&Row]) -> Limbs {
    let mut limbs = [isa.splat(0); 5];
    for (i, limb) in limbs.iter_mut().enumerate() {
        let mut words = [0; 8];
        for (word, row) in words.iter_mut().zip(rows) {
            *word = row[i];
        }
        *limb = isa.load_words(&words);
    }
    limbs
}

macro_rules! rows {
    ($module:ident, $field:ident) => {
        impl Rows for $field {
            type Row = Row;
            const ZERO: Row = [0; 5];

            #[inline(always)]
            fn scatter(element: &$module::Factor, to: &mut [Row]) {
                scatter(&element.0, to);
            }

            #[inline(always)]
            fn gather(isa: Avx512Ifma, rows: &[&Row]) -> $module::Factor {
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
                .map(|entry| entry.map(|integer| limbs(&integer)))
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
                .map(|entry| entry.map(|integer| limbs(&integer)))
                .collect()
        });
        &MULTIPLES
    }
}
