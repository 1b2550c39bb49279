//! The windows of the combs, read by secret indices.

use super::{
    Vector,
    gf25519::{self, Gf25519},
    gfp256::{self, GfP256},
    windows::{self, Column},
};
use crate::{
    isa::field::CombField,
    tables::{curve25519, nistp256},
};

/// For each lane, the limbs of the entry that its index names.
#[inline(always)]
fn lookup(column: &Column<32>, index: &Vector) -> [Vector; 5] {
    let [a, b, c, d, e] = column;
    [
        index.lookup(a),
        index.lookup(b),
        index.lookup(c),
        index.lookup(d),
        index.lookup(e),
    ]
}

impl CombField<3> for Gf25519 {
    type Column = Column<{ curve25519::ENTRIES }>;

    fn windows() -> &'static [[Self::Column; 3]] {
        &windows::CURVE25519
    }

    #[inline(always)]
    fn lookup(column: &Self::Column, index: &Vector) -> gf25519::Factor {
        gf25519::Factor(lookup(column, index))
    }
}

impl CombField<2> for GfP256 {
    type Column = Column<{ nistp256::ENTRIES }>;

    fn windows() -> &'static [[Self::Column; 2]] {
        &windows::NISTP256
    }

    #[inline(always)]
    fn lookup(column: &Self::Column, index: &Vector) -> gfp256::Factor {
        gfp256::Factor(lookup(column, index))
    }
}
