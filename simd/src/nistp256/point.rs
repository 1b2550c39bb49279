//! Points of P-256 and their addition.
//!
//! Jacobian coordinates are the fastest, but their addition fails for a point and
//! itself, its negative, or the identity; the callers prove that none of these
//! occurs, but for the last addition, which is complete. The letters are those of
//! the papers named.

use crate::{
    isa::{
        Isa,
        field::{
            GfP256,
            operators::{Factor, Product, Sum},
        },
    },
    nistp256::B,
};

/// x = X/Z^2, y = Y/Z^3; never the identity.
pub(crate) struct Jacobian<F: GfP256> {
    pub(crate) x: Sum<F>,
    pub(crate) y: Sum<F>,
    pub(crate) z: Factor<F>,
}

/// x = X/Z^2, 2 y = Y/Z^3; never the identity. Doubling takes fewer additions so.
pub(crate) struct Doubled<F: GfP256> {
    pub(crate) x: Sum<F>,
    pub(crate) twice_y: Sum<F>,
    pub(crate) z: Factor<F>,
}

/// x = X/Z, y = Y/Z; the identity is (0 : 1 : 0).
pub(crate) struct Projective<F: GfP256> {
    pub(crate) x: Factor<F>,
    pub(crate) y: Factor<F>,
    pub(crate) z: Factor<F>,
}

/// x and y themselves.
pub(crate) struct Affine<F: GfP256> {
    pub(crate) x: Factor<F>,
    pub(crate) y: Factor<F>,
}

/// x and 2 y.
pub(crate) struct AffineDoubled<F: GfP256> {
    pub(crate) x: Factor<F>,
    pub(crate) twice_y: Factor<F>,
}

macro_rules! copy {
    ($($point:ident)*) => {$(
        impl<F: GfP256> Clone for $point<F> {
            #[inline(always)]
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<F: GfP256> Copy for $point<F> {}
    )*};
}
copy!(Jacobian Doubled Projective Affine AffineDoubled);

/// `2 p`, for any point but the identity (Bernstein and Lange's dbl-2001-b, with
/// Z3 = 2 Y1 Z1, in terms of 2 Y): 4 multiplications and 4 squarings.
#[inline(always)]
pub(crate) fn double<F: GfP256>(p: &Doubled<F>) -> Doubled<F> {
    let delta = p.z.square().sum();
    let difference = (p.x - delta).reduce();
    let sum = (p.x + delta).triple().reduce();
    let alpha = (&difference * &sum).carry();
    let twice_y1 = p.twice_y.reduce();
    let gamma4 = twice_y1.square().carry();
    let alpha_squared = alpha.square().sum();
    let beta4 = (&p.x.reduce() * &gamma4).sum();
    let z = (&twice_y1 * &p.z).carry();

    let x = alpha_squared - beta4.twice();
    let fall = (beta4 - x).twice().reduce();
    Doubled {
        x,
        twice_y: Factor::mul_sub_square(&alpha, &fall, &gamma4),
        z,
    }
}

/// `p + q`, or `p - q` where `negative`, for points of which neither is the other,
/// its negative or the identity: 8 multiplications and 3 squarings.
#[inline(always)]
pub(crate) fn add_affine<F: GfP256>(
    p: &Jacobian<F>,
    q: &Affine<F>,
    negative: &<F::Isa as Isa>::Mask,
) -> Jacobian<F> {
    let (u2, s2) = align(&p.z, &q.x, &q.y, negative);
    let h = (u2 - p.x).reduce();
    let r = (s2 - p.y).reduce();
    let hh = h.square().carry();
    let z = (&h * &p.z).carry();
    let (x, y) = finish(&p.x, &p.y, &h, &hh, &r);
    Jacobian { x, y, z }
}

/// [`add_affine`], in terms of 2 Y; X, Y and Z come out times 4, 8 and 2.
#[inline(always)]
pub(crate) fn add_doubled<F: GfP256>(
    p: &Doubled<F>,
    q: &AffineDoubled<F>,
    negative: &<F::Isa as Isa>::Mask,
) -> Doubled<F> {
    let (u2, s2) = align(&p.z, &q.x, &q.twice_y, negative);
    let h = (u2 - p.x).reduce();
    let r = (s2 - p.twice_y).reduce();
    let hh4 = h.square().sum().twice().twice().reduce();
    let hz = &h * &p.z;
    let (x, y) = finish(&p.x, &p.twice_y, &h, &hh4, &r);
    Doubled {
        x,
        twice_y: y.twice(),
        z: hz + hz,
    }
}

/// `x z^2` and `y z^3`, the latter negated where `negative`.
#[inline(always)]
fn align<F: GfP256>(
    z: &Factor<F>,
    x: &Factor<F>,
    y: &Factor<F>,
    negative: &<F::Isa as Isa>::Mask,
) -> (Sum<F>, Sum<F>) {
    let zz = z.square().carry();
    let zzz = (z * &zz).carry();
    ((x * &zz).sum(), (y * &zzz).sum_negated_if(negative))
}

/// X and Y of a sum of points over one denominator, the first being `u1` and `s1`,
/// the second `u1 + h` and `s1 + r`, named as in the addition formulas of the
/// Explicit-Formulas Database.
#[inline(always)]
fn finish<F: GfP256>(
    u1: &Sum<F>,
    s1: &Sum<F>,
    h: &Factor<F>,
    hh: &Factor<F>,
    r: &Factor<F>,
) -> (Sum<F>, Sum<F>) {
    let hhh = h * hh;
    let v = (&u1.reduce() * hh).sum();
    let x = r.square().sum() - hhh.sum() - v.twice();
    let fall = (v - x).reduce();
    let y = Factor::mul_sub(r, &fall, &s1.reduce(), &hhh.carry());
    (x, y)
}

impl<F: GfP256> Jacobian<F> {
    /// The same point in projective coordinates.
    #[inline(always)]
    pub(crate) fn projective(&self) -> Projective<F> {
        let zz = self.z.square().carry();
        Projective {
            x: (&self.x.reduce() * &self.z).carry(),
            y: self.y.reduce(),
            z: (&zz * &self.z).carry(),
        }
    }
}

impl<F: GfP256> Doubled<F> {
    /// The same point in projective coordinates, all of them times 2.
    #[inline(always)]
    pub(crate) fn projective(&self) -> Projective<F> {
        let zz = self.z.square().carry();
        let xz = &self.x.reduce() * &self.z;
        let zzz = &zz * &self.z;
        Projective {
            x: xz + xz,
            y: self.twice_y.reduce(),
            z: zzz + zzz,
        }
    }
}

impl<F: GfP256> Affine<F> {
    /// The point, or its negative where `negative`.
    #[inline(always)]
    pub(crate) fn signed(&self, isa: F::Isa, negative: &<F::Isa as Isa>::Mask) -> Jacobian<F> {
        let one = Product::constant(isa, &[1, 0, 0, 0]).carry();
        Jacobian {
            x: (&self.x * &one).sum(),
            y: (&self.y * &one).sum_negated_if(negative),
            z: one,
        }
    }

    /// The same point in projective coordinates.
    #[inline(always)]
    pub(crate) fn projective(&self, isa: F::Isa) -> Projective<F> {
        Projective {
            x: self.x,
            y: self.y,
            z: Product::constant(isa, &[1, 0, 0, 0]).carry(),
        }
    }
}

impl<F: GfP256> AffineDoubled<F> {
    /// The point, or its negative where `negative`.
    #[inline(always)]
    pub(crate) fn signed(&self, isa: F::Isa, negative: &<F::Isa as Isa>::Mask) -> Doubled<F> {
        let one = Product::constant(isa, &[1, 0, 0, 0]).carry();
        Doubled {
            x: (&self.x * &one).sum(),
            twice_y: (&self.twice_y * &one).sum_negated_if(negative),
            z: one,
        }
    }
}

/// `p + q`, for any two points (Renes, Costello, Batina 2016, algorithm 4, with the
/// products of sums multiplied out).
#[inline(always)]
pub(crate) fn add_complete<F: GfP256>(
    isa: F::Isa,
    p: &Projective<F>,
    q: &Projective<F>,
) -> Projective<F> {
    let b = Product::constant(isa, &B).carry();
    let (xx, yy) = ((&p.x * &q.x).sum(), (&p.y * &q.y).sum());
    let zz = &p.z * &q.z;
    let xy = &p.x * &q.y + &p.y * &q.x;
    let yz = &p.y * &q.z + &p.z * &q.y;
    let xz = (&p.x * &q.z).sum() + (&p.z * &q.x).sum();

    let bzz = (&b * &zz.carry()).sum();
    let bxz = (&b * &xz.reduce()).sum();
    let zz3 = zz.sum().triple();
    let t = (xz - bzz).triple();
    let (plus, minus) = ((yy + t).reduce(), (yy - t).reduce());
    let u = (bxz - zz3 - xx).triple().reduce();
    let v = (xx.triple() - zz3).reduce();
    Projective {
        x: &xy * &plus - &yz * &u,
        y: &plus * &minus + &v * &u,
        z: &yz * &minus + &xy * &v,
    }
}

/// The lanes whose point satisfies y^2 = x^3 - 3 x + b.
#[inline(always)]
pub(crate) fn is_on_curve<F: GfP256>(
    isa: F::Isa,
    x: &Product<F>,
    y: &Product<F>,
) -> <F::Isa as Isa>::Mask {
    let (factor, y) = (x.carry(), y.carry());
    let cube = &factor.square().carry() * &factor;
    let b = Product::constant(isa, &B);
    let right = cube.sum() + b.sum() - x.sum().triple();
    (y.square().sum() - right).reduce().is_zero()
}
