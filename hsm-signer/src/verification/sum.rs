//! A sum of points that are known in affine coordinates, faster than by formulas that hold
//! for every two points.
//!
//! The formulas are `madd-2008-s` for XYZZ coordinates (Explicit-Formulas Database): eight
//! multiplications and two squarings an addition. They do not hold where the points are the
//! same or each other's negative. ZZ is zero then, and stays zero; it is looked at once, at
//! the end. All of this is public.

use elliptic_curve::hazmat::FieldArithmetic;
use elliptic_curve::point::AffineCoordinates;
use elliptic_curve::{AffinePoint, Field, FieldBytes, PrimeField, Scalar};

/// A curve whose sums are made here.
pub(super) trait SumCurve:
    FieldArithmetic<AffinePoint: AffineCoordinates<FieldRepr = FieldBytes<Self>>>
{
}

impl<C> SumCurve for C where
    C: FieldArithmetic<AffinePoint: AffineCoordinates<FieldRepr = FieldBytes<C>>>
{
}

/// A point that is not the identity, by its affine coordinates.
pub(super) struct Point<C: SumCurve> {
    x: C::FieldElement,
    y: C::FieldElement,
}

impl<C: SumCurve> Point<C> {
    /// The identity, which has no coordinates, gives none.
    pub fn new(point: &AffinePoint<C>) -> Option<Self> {
        Some(Self {
            x: element::<C>(&point.x())?,
            y: element::<C>(&point.y())?,
        })
    }
}

fn element<C: SumCurve>(bytes: &FieldBytes<C>) -> Option<C::FieldElement> {
    C::FieldElement::from_repr(*bytes).into_option()
}

/// A sum in XYZZ coordinates: x = X / ZZ and y = Y / ZZZ, with ZZ^3 = ZZZ^2.
pub(super) struct Sum<C: SumCurve> {
    x: C::FieldElement,
    y: C::FieldElement,
    zz: C::FieldElement,
    zzz: C::FieldElement,
    empty: bool,
}

impl<C: SumCurve> Sum<C> {
    /// The sum of no points.
    pub fn new() -> Self {
        Self {
            x: C::FieldElement::ZERO,
            y: C::FieldElement::ZERO,
            zz: C::FieldElement::ZERO,
            zzz: C::FieldElement::ZERO,
            empty: true,
        }
    }

    pub fn add(&mut self, point: &Point<C>) {
        self.add_coordinates(&point.x, point.y);
    }

    pub fn subtract(&mut self, point: &Point<C>) {
        self.add_coordinates(&point.x, -point.y);
    }

    fn add_coordinates(&mut self, x: &C::FieldElement, y: C::FieldElement) {
        if self.empty {
            let one = C::FieldElement::ONE;
            let (x, empty) = (*x, false);
            *self = Self {
                x,
                y,
                zz: one,
                zzz: one,
                empty,
            };
            return;
        }
        let p = self.zz * x - self.x;
        let r = self.zzz * y - self.y;
        let pp = p.square();
        let ppp = pp * p;
        let q = self.x * pp;
        self.x = r.square() - ppp - q.double();
        self.y = r * (q - self.x) - self.y * ppp;
        self.zz *= pp;
        self.zzz *= ppp;
    }

    /// Whether the sum's x, as a number modulo the curve's order, is `r`; none where the
    /// formulas did not hold on the way.
    pub fn has_x(&self, r: &Scalar<C>) -> Option<bool> {
        if bool::from(self.zz.is_zero()) {
            return None;
        }
        // The order of these curves is less than the field's, by less than itself: x is r,
        // or r and the order.
        let bytes = r.to_repr();
        let r = element::<C>(&bytes)?;
        let order = element::<C>(&(-Scalar::<C>::ONE).to_repr())? + C::FieldElement::ONE;
        let room = (-order).to_repr();
        let is_r = self.x == r * self.zz;
        let is_more = bytes.as_slice() < room.as_slice() && self.x == (r + order) * self.zz;
        Some(is_r || is_more)
    }
}
