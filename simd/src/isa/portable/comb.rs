//! The windows of the combs, read by secret indices.

use super::{
    Mask,
    gf25519::{self, Gf25519},
    gfp256::{Element, GfP256},
    windows::{self, Column25519, ColumnP256},
};
use crate::isa::field::{CombField, Field};

impl CombField<3> for Gf25519 {
    type Column = Column25519;

    fn windows() -> &'static [[Column25519; 3]] {
        &windows::CURVE25519
    }

    #[inline]
    fn lookup(column: &Column25519, index: &u64) -> gf25519::Factor {
        let mut result = gf25519::Factor([0; 5]);
        for (entry, limbs) in (0..).zip(column) {
            let found = Mask::is_zero(entry ^ index);
            result = Self::select(&found, &gf25519::Factor(*limbs), &result);
        }
        result
    }
}

impl CombField<2> for GfP256 {
    type Column = ColumnP256;

    fn windows() -> &'static [[ColumnP256; 2]] {
        &windows::NISTP256
    }

    #[inline]
    fn lookup(column: &ColumnP256, index: &u64) -> Element {
        let mut result = Element([0; 4]);
        for (entry, integer) in (0..).zip(column) {
            let found = Mask::is_zero(entry ^ index);
            result = Self::select(&found, &Element(*integer), &result);
        }
        result
    }
}
