//! Points of P-256 and their addition.
//!
//! Jacobian coordinates are the fastest, but their addition fails for a point and
//! itself, its negative, or the identity; the callers prove that none of these
//! occurs, but for the last addition, which is complete. The letters are those of
//! the papers named.

use crate::{
    isa::{Isa, field::GfP256},
    nistp256::B,
};

/// x = X/Z^2, y = Y/Z^3; never the identity.
pub(crate) struct Jacobian<F: GfP256> {
    pub(crate) x: F::Sum,
    pub(crate) y: F::Sum,
    pub(crate) z: F::Factor,
}

/// x = X/Z^2, 2 y = Y/Z^3; never the identity. Doubling takes fewer additions so.
pub(crate) struct Doubled<F: GfP256> {
    pub(crate) x: F::Sum,
    pub(crate) twice_y: F::Sum,
    pub(crate) z: F::Factor,
}

/// x = X/Z, y = Y/Z; the identity is (0 : 1 : 0).
pub(crate) struct Projective<F: GfP256> {
    pub(crate) x: F::Factor,
    pub(crate) y: F::Factor,
    pub(crate) z: F::Factor,
}

/// x and y themselves.
pub(crate) struct Affine<F: GfP256> {
    pub(crate) x: F::Factor,
    pub(crate) y: F::Factor,
}

/// x and 2 y.
pub(crate) struct AffineDoubled<F: GfP256> {
    pub(crate) x: F::Factor,
    pub(crate) twice_y: F::Factor,
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

/// `2 a`.
#[inline(always)]
pub(crate) fn twice<F: GfP256>(a: &F::Sum) -> F::Sum {
    F::plus(a, a)
}

/// `3 a`.
#[inline(always)]
fn triple<F: GfP256>(a: &F::Sum) -> F::Sum {
    F::plus(&twice::<F>(a), a)
}

/// `2 p`, for any point but the identity (Bernstein and Lange's dbl-2001-b, with
/// Z3 = 2 Y1 Z1, in terms of 2 Y): 4 multiplications and 4 squarings.
#[inline(always)]
pub(crate) fn double<F: GfP256>(p: &Doubled<F>) -> Doubled<F> {
    let delta = F::sum(&F::square(&p.z));
    let difference = F::reduce(&F::minus(&p.x, &delta));
    let sum = F::reduce(&triple::<F>(&F::plus(&p.x, &delta)));
    let alpha = F::carry(&F::mul(&difference, &sum));
    let twice_y1 = F::reduce(&p.twice_y);
    let gamma4 = F::carry(&F::square(&twice_y1));
    let alpha_squared = F::sum(&F::square(&alpha));
    let beta4 = F::sum(&F::mul(&F::reduce(&p.x), &gamma4));
    let z = F::carry(&F::mul(&twice_y1, &p.z));

    let x = F::minus(&alpha_squared, &twice::<F>(&beta4));
    let fall = F::reduce(&twice::<F>(&F::minus(&beta4, &x)));
    Doubled {
        x,
        twice_y: F::mul_sub_square(&alpha, &fall, &gamma4),
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
    let (u2, s2) = align::<F>(&p.z, &q.x, &q.y, negative);
    let h = F::reduce(&F::minus(&F::sum(&u2), &p.x));
    let r = F::reduce(&F::minus(&s2, &p.y));
    let hh = F::carry(&F::square(&h));
    let z = F::carry(&F::mul(&h, &p.z));
    let (x, y) = finish::<F>(&p.x, &p.y, &h, &hh, &r);
    Jacobian { x, y, z }
}

/// [`add_affine`], in terms of 2 Y; X, Y and Z come out times 4, 8 and 2.
#[inline(always)]
pub(crate) fn add_doubled<F: GfP256>(
    p: &Doubled<F>,
    q: &AffineDoubled<F>,
    negative: &<F::Isa as Isa>::Mask,
) -> Doubled<F> {
    let (u2, s2) = align::<F>(&p.z, &q.x, &q.twice_y, negative);
    let h = F::reduce(&F::minus(&F::sum(&u2), &p.x));
    let r = F::reduce(&F::minus(&s2, &p.twice_y));
    let hh4 = F::reduce(&twice::<F>(&twice::<F>(&F::sum(&F::square(&h)))));
    let hz = F::mul(&h, &p.z);
    let (x, y) = finish::<F>(&p.x, &p.twice_y, &h, &hh4, &r);
    Doubled {
        x,
        twice_y: twice::<F>(&y),
        z: F::add(&hz, &hz),
    }
}

/// `x z^2` and `y z^3`, the latter negated where `negative`.
#[inline(always)]
fn align<F: GfP256>(
    z: &F::Factor,
    x: &F::Factor,
    y: &F::Factor,
    negative: &<F::Isa as Isa>::Mask,
) -> (F::Product, F::Sum) {
    let zz = F::carry(&F::square(z));
    let zzz = F::carry(&F::mul(z, &zz));
    (F::mul(x, &zz), F::negate_if(negative, &F::mul(y, &zzz)))
}

/// X and Y of a sum of points over one denominator, the first being `u1` and `s1`,
/// the second `u1 + h` and `s1 + r`, named as in the addition formulas of the
/// Explicit-Formulas Database.
#[inline(always)]
fn finish<F: GfP256>(
    u1: &F::Sum,
    s1: &F::Sum,
    h: &F::Factor,
    hh: &F::Factor,
    r: &F::Factor,
) -> (F::Sum, F::Sum) {
    let hhh = F::mul(h, hh);
    let v = F::sum(&F::mul(&F::reduce(u1), hh));
    let rr_hhh = F::minus(&F::sum(&F::square(r)), &F::sum(&hhh));
    let x = F::minus(&rr_hhh, &twice::<F>(&v));
    let fall = F::reduce(&F::minus(&v, &x));
    let y = F::mul_sub(r, &fall, &F::reduce(s1), &F::carry(&hhh));
    (x, y)
}

impl<F: GfP256> Jacobian<F> {
    /// The same point in projective coordinates.
    #[inline(always)]
    pub(crate) fn projective(&self) -> Projective<F> {
        let zz = F::carry(&F::square(&self.z));
        Projective {
            x: F::carry(&F::mul(&F::reduce(&self.x), &self.z)),
            y: F::reduce(&self.y),
            z: F::carry(&F::mul(&zz, &self.z)),
        }
    }
}

impl<F: GfP256> Doubled<F> {
    /// The same point in projective coordinates, all of them times 2.
    #[inline(always)]
    pub(crate) fn projective(&self) -> Projective<F> {
        let zz = F::carry(&F::square(&self.z));
        let xz = F::mul(&F::reduce(&self.x), &self.z);
        let zzz = F::mul(&zz, &self.z);
        Projective {
            x: F::add(&xz, &xz),
            y: F::reduce(&self.twice_y),
            z: F::add(&zzz, &zzz),
        }
    }
}

impl<F: GfP256> Affine<F> {
    /// The point, or its negative where `negative`.
    #[inline(always)]
    pub(crate) fn signed(&self, isa: F::Isa, negative: &<F::Isa as Isa>::Mask) -> Jacobian<F> {
        let one = F::carry(&F::constant(isa, &[1, 0, 0, 0]));
        Jacobian {
            x: F::sum(&F::mul(&self.x, &one)),
            y: F::negate_if(negative, &F::mul(&self.y, &one)),
            z: one,
        }
    }

    /// The same point in projective coordinates.
    #[inline(always)]
    pub(crate) fn projective(&self, isa: F::Isa) -> Projective<F> {
        Projective {
            x: self.x,
            y: self.y,
            z: F::carry(&F::constant(isa, &[1, 0, 0, 0])),
        }
    }
}

impl<F: GfP256> AffineDoubled<F> {
    /// The point, or its negative where `negative`.
    #[inline(always)]
    pub(crate) fn signed(&self, isa: F::Isa, negative: &<F::Isa as Isa>::Mask) -> Doubled<F> {
        let one = F::carry(&F::constant(isa, &[1, 0, 0, 0]));
        Doubled {
            x: F::sum(&F::mul(&self.x, &one)),
            twice_y: F::negate_if(negative, &F::mul(&self.twice_y, &one)),
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
    let b = F::carry(&F::constant(isa, &B));
    let (xx, yy) = (F::sum(&F::mul(&p.x, &q.x)), F::sum(&F::mul(&p.y, &q.y)));
    let zz = F::mul(&p.z, &q.z);
    let xy = F::add(&F::mul(&p.x, &q.y), &F::mul(&p.y, &q.x));
    let yz = F::add(&F::mul(&p.y, &q.z), &F::mul(&p.z, &q.y));
    let xz = F::plus(&F::sum(&F::mul(&p.x, &q.z)), &F::sum(&F::mul(&p.z, &q.x)));

    let bzz = F::sum(&F::mul(&b, &F::carry(&zz)));
    let bxz = F::sum(&F::mul(&b, &F::reduce(&xz)));
    let zz3 = triple::<F>(&F::sum(&zz));
    let t = triple::<F>(&F::minus(&xz, &bzz));
    let (plus, minus) = (F::reduce(&F::plus(&yy, &t)), F::reduce(&F::minus(&yy, &t)));
    let u = F::reduce(&triple::<F>(&F::minus(&F::minus(&bxz, &zz3), &xx)));
    let v = F::reduce(&F::minus(&triple::<F>(&xx), &zz3));
    Projective {
        x: F::sub(&F::mul(&xy, &plus), &F::mul(&yz, &u)),
        y: F::add(&F::mul(&plus, &minus), &F::mul(&v, &u)),
        z: F::add(&F::mul(&yz, &minus), &F::mul(&xy, &v)),
    }
}

/// The lanes whose point satisfies y^2 = x^3 - 3 x + b.
#[inline(always)]
pub(crate) fn is_on_curve<F: GfP256>(
    isa: F::Isa,
    x: &F::Product,
    y: &F::Product,
) -> <F::Isa as Isa>::Mask {
    let (factor, y) = (F::carry(x), F::carry(y));
    let square = F::carry(&F::square(&factor));
    let cube = F::sum(&F::mul(&square, &factor));
    let right = F::plus(&cube, &F::sum(&F::constant(isa, &B)));
    let right = F::minus(&right, &triple::<F>(&F::sum(x)));
    F::is_zero(&F::reduce(&F::minus(&F::sum(&F::square(&y)), &right)))
}
