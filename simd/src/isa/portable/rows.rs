//! Elements chosen by public indices.

use std::sync::LazyLock;

use super::{
    Portable,
    gf25519::{self, Gf25519},
    gfp256::{Element, GfP256},
};
use crate::{
    integer::Integer,
    isa::field::rows::{BaseRows, Rows},
    modular::gf25519::{Limbs, from_integer},
    tables::{curve25519, nistp256},
};

impl Rows for Gf25519 {
    type Row = Limbs;
    const ZERO: Limbs = [0; 5];

    fn scatter(element: &gf25519::Factor, to: &mut [Limbs]) {
        to[0] = element.0;
    }

    fn gather(_: Portable, rows: &[&Limbs]) -> gf25519::Factor {
        gf25519::Factor(*rows[0])
    }
}

impl Rows for GfP256 {
    type Row = Integer;
    const ZERO: Integer = [0; 4];

    fn scatter(element: &Element, to: &mut [Integer]) {
        to[0] = element.0;
    }

    fn gather(_: Portable, rows: &[&Integer]) -> Element {
        Element(*rows[0])
    }
}

impl BaseRows<4> for Gf25519 {
    fn multiples() -> &'static [[Limbs; 4]] {
        static MULTIPLES: LazyLock<Vec<[Limbs; 4]>> = LazyLock::new(|| {
            let entries = curve25519::SMALL_MULTIPLES.iter();
            entries
                .map(|entry| entry.map(|integer| from_integer(&integer)))
                .collect()
        });
        &MULTIPLES
    }
}

impl BaseRows<3> for GfP256 {
    fn multiples() -> &'static [[Integer; 3]] {
        &nistp256::SMALL_TIMES_2_TO_256
    }
}
