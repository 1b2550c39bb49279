//! Points of P-256 and their addition.
//!
//! Jacobian coordinates are the fastest, but their addition fails for a point and
//! itself, its negative, or the identity; the callers prove that none of these
//! occurs, but for the last addition, which is complete. The letters are those of
//! the papers named.

use crate::{field::GfP256, isa::Isa, nistp256::B};

/// x = X/Z^2, y = Y/Z^3; never the identity.
pub(crate) struct Jacobian<F: GfP256> {
    pub(crate) x: F::Sum,
    pub(crate) y: F::Sum,
    pub(crate) z: F::Factor,
}

/// A point in Jacobian coordinates that is an entry of a table.
pub(crate) struct Entry<F: GfP256> {
    pub(crate) x: F::Factor,
    pub(crate) y: F::Factor,
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

/// The numerators of two points over one denominator, named as in the addition
/// formulas of the Explicit-Formulas Database.
struct Aligned<F: GfP256> {
    u1: F::Factor,
    s1: F::Factor,
    h: F::Factor,
    r: F::Factor,
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
copy!(Jacobian Entry Projective Affine);

/// `2 a`.
#[inline(always)]
fn twice<F: GfP256>(a: &F::Sum) -> F::Sum {
    F::plus(a, a)
}

/// `3 a`.
#[inline(always)]
fn triple<F: GfP256>(a: &F::Sum) -> F::Sum {
    F::plus(&twice::<F>(a), a)
}

/// `4 a`.
#[inline(always)]
fn quadruple<F: GfP256>(a: &F::Sum) -> F::Sum {
    twice::<F>(&twice::<F>(a))
}

/// `2 p`, for any point but the identity (Bernstein and Lange's dbl-2001-b, with
/// Z3 = 2 Y1 Z1): 4 multiplications and 4 squarings.
#[inline(always)]
pub(crate) fn double<F: GfP256>(p: &Jacobian<F>) -> Jacobian<F> {
    let (x1, y1) = (F::reduce(&p.x), F::reduce(&p.y));
    let delta = F::sum(&F::square(&p.z));
    let gamma = F::carry(&F::square(&y1));
    let beta4 = quadruple::<F>(&F::sum(&F::mul(&x1, &gamma)));
    let sum = F::reduce(&triple::<F>(&F::plus(&p.x, &delta)));
    let alpha = F::carry(&F::mul(&F::reduce(&F::minus(&p.x, &delta)), &sum));

    let x = F::minus(&F::sum(&F::square(&alpha)), &twice::<F>(&beta4));
    let slope = F::sum(&F::mul(&alpha, &F::reduce(&F::minus(&beta4, &x))));
    let gamma4 = quadruple::<F>(&F::sum(&F::square(&gamma)));
    let y = F::minus(&slope, &twice::<F>(&gamma4));
    let y1z1 = F::mul(&y1, &p.z);
    Jacobian {
        x,
        y,
        z: F::add(&y1z1, &y1z1),
    }
}

/// `p + q`, or `p - q` where `negative`, for points of which neither is the other,
/// its negative or the identity: 12 multiplications and 4 squarings.
#[inline(always)]
pub(crate) fn add<F: GfP256>(
    p: &Jacobian<F>,
    q: &Entry<F>,
    negative: &<F::Isa as Isa>::Mask,
) -> Jacobian<F> {
    let z2z2 = F::carry(&F::square(&q.z));
    let u1 = F::mul(&F::reduce(&p.x), &z2z2);
    let z2z2z2 = F::carry(&F::mul(&z2z2, &q.z));
    let s1 = F::mul(&F::reduce(&p.y), &z2z2z2);
    let (u2, s2) = align::<F>(&p.z, &q.x, &q.y, negative);
    let aligned = Aligned {
        u1: F::carry(&u1),
        s1: F::carry(&s1),
        h: F::sub(&u2, &u1),
        r: F::reduce(&F::minus(&s2, &F::sum(&s1))),
    };
    finish::<F>(&aligned, &F::carry(&F::mul(&p.z, &q.z)))
}

/// `p + q`, or `p - q` where `negative`, under the conditions of [`add`]:
/// 8 multiplications and 3 squarings.
#[inline(always)]
pub(crate) fn add_affine<F: GfP256>(
    p: &Jacobian<F>,
    q: &Affine<F>,
    negative: &<F::Isa as Isa>::Mask,
) -> Jacobian<F> {
    let (u2, s2) = align::<F>(&p.z, &q.x, &q.y, negative);
    let aligned = Aligned {
        u1: F::reduce(&p.x),
        s1: F::reduce(&p.y),
        h: F::reduce(&F::minus(&F::sum(&u2), &p.x)),
        r: F::reduce(&F::minus(&s2, &p.y)),
    };
    finish::<F>(&aligned, &p.z)
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

/// The sum of two aligned points, of which `z` is the denominator.
#[inline(always)]
fn finish<F: GfP256>(points: &Aligned<F>, z: &F::Factor) -> Jacobian<F> {
    let Aligned { u1, s1, h, r } = points;
    let hh = F::carry(&F::square(h));
    let hhh = F::mul(h, &hh);
    let v = F::sum(&F::mul(u1, &hh));
    let rr_hhh = F::minus(&F::sum(&F::square(r)), &F::sum(&hhh));
    let x = F::minus(&rr_hhh, &twice::<F>(&v));
    let rise = F::sum(&F::mul(r, &F::reduce(&F::minus(&v, &x))));
    let y = F::minus(&rise, &F::sum(&F::mul(s1, &F::carry(&hhh))));
    Jacobian {
        x,
        y,
        z: F::carry(&F::mul(h, z)),
    }
}

impl<F: GfP256> Jacobian<F> {
    /// The same point, to be an entry of a table.
    #[inline(always)]
    pub(crate) fn entry(&self) -> Entry<F> {
        Entry {
            x: F::reduce(&self.x),
            y: F::reduce(&self.y),
            z: self.z,
        }
    }
}

impl<F: GfP256> Entry<F> {
    /// The point, or its negative where `negative`.
    #[inline(always)]
    pub(crate) fn signed(&self, isa: F::Isa, negative: &<F::Isa as Isa>::Mask) -> Jacobian<F> {
        let one = F::carry(&F::constant(isa, &[1, 0, 0, 0]));
        Jacobian {
            x: F::sum(&F::mul(&self.x, &one)),
            y: F::negate_if(negative, &F::mul(&self.y, &one)),
            z: self.z,
        }
    }

    /// The same point in projective coordinates.
    #[inline(always)]
    pub(crate) fn projective(&self) -> Projective<F> {
        let zz = F::carry(&F::square(&self.z));
        Projective {
            x: F::carry(&F::mul(&self.x, &self.z)),
            y: self.y,
            z: F::carry(&F::mul(&zz, &self.z)),
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
