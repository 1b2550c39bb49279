//! Points of edwards25519 (RFC 8032, section 5.1), for verification.
//!
//! The formulas are those of Hisil, Wong, Carter and Dawson (2008) for a = -1. The addition is
//! complete: it has no exceptional case.

use crate::{
    curve25519::comb::Extended,
    isa::field::{
        Gf25519,
        operators::{Factor, Product},
    },
};

/// A point as x = E/G, y = H/F, of which X = E F, Y = G H, Z = F G and T = E H: what follows decides
/// which of these are wanted.
pub(crate) struct Completed<F: Gf25519> {
    pub(crate) e: Factor<F>,
    pub(crate) f: Factor<F>,
    pub(crate) g: Factor<F>,
    pub(crate) h: Factor<F>,
}

/// A point as x = X/Z, y = Y/Z.
pub(crate) struct Projective<F: Gf25519> {
    pub(crate) x: Product<F>,
    pub(crate) y: Product<F>,
    pub(crate) z: Product<F>,
}

/// A point as an operand of additions: Y + X, Y - X and 2 d T, all in the scale of the sum's D.
pub(crate) struct Addend<F: Gf25519> {
    pub(crate) plus: Factor<F>,
    pub(crate) minus: Factor<F>,
    pub(crate) t: Factor<F>,
}

impl<F: Gf25519> Completed<F> {
    /// The identity.
    #[inline(always)]
    pub(crate) fn identity(isa: F::Isa) -> Self {
        let one = Product::constant(isa, &[1, 0, 0, 0]).carry();
        Self {
            e: Product::constant(isa, &[0; 4]).carry(),
            f: one,
            g: one,
            h: one,
        }
    }

    #[inline(always)]
    pub(crate) fn projective(&self) -> Projective<F> {
        Projective {
            x: &self.e * &self.f,
            y: &self.g * &self.h,
            z: &self.f * &self.g,
        }
    }

    #[inline(always)]
    pub(crate) fn extended(&self) -> Extended<Product<F>> {
        let Projective { x, y, z } = self.projective();
        let t = &self.e * &self.h;
        Extended { x, y, z, t }
    }
}

/// `2 p`. E, F, G and H are the negatives of the paper's.
#[inline(always)]
pub(crate) fn double<F: Gf25519>(p: &Projective<F>) -> Completed<F> {
    let (a, b) = (p.x.carry().square(), p.y.carry().square());
    let zz = p.z.carry().square();
    let sum = (p.x + p.y).square();
    Completed {
        e: a.add_sub(b, sum),
        f: zz.twice_add_sub(a, b),
        g: a - b,
        h: a + b,
    }
}

/// `p + q`, `d` being 2 Z1 Z2 in the scale of `q`.
#[inline(always)]
pub(crate) fn add<F: Gf25519>(
    p: &Extended<Product<F>>,
    q: &Addend<F>,
    d: Product<F>,
) -> Completed<F> {
    let a = &(p.y - p.x) * &q.minus;
    let b = &(p.y + p.x) * &q.plus;
    let c = &p.t.carry() * &q.t;
    Completed {
        e: b - a,
        f: d - c,
        g: d + c,
        h: b + a,
    }
}
