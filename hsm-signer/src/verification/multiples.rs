//! Tables of a point's multiples.

use elliptic_curve::group::{Curve as _, Group};
use elliptic_curve::{AffinePoint, PrimeField, ProjectivePoint, Scalar};

use super::sum::{Point, Sum, SumCurve};

/// The bits of a window.
const WINDOW: usize = 10;

/// The positive digits of a window.
const DIGITS: usize = 1 << (WINDOW - 1);

/// Multiples of one point: entry d - 1 of window i is d 2^(10 i) times the point, for d from
/// 1 to 512. A scalar's digits are from -511 to 512: each takes an addition or a
/// subtraction.
pub(super) struct Multiples<C: SumCurve> {
    windows: Vec<Vec<Point<C>>>,
}

impl<C: SumCurve> Multiples<C> {
    /// Those of the curve's generator.
    pub fn of_generator() -> Option<Self> {
        Self::new(ProjectivePoint::<C>::generator())
    }

    /// Those of `point`; none for the identity.
    pub fn new(point: ProjectivePoint<C>) -> Option<Self> {
        let mut base = point;
        // A bit more than the scalar has, for the last carry.
        let windows = (Scalar::<C>::NUM_BITS as usize + 1).div_ceil(WINDOW);
        let windows = (0..windows).map(|_| {
            let multiples = digits::<C>(base);
            base = multiples[DIGITS - 1].double();
            points(&multiples)
        });
        let windows = windows.collect::<Option<_>>()?;
        Some(Self { windows })
    }

    /// Adds `scalar` times the point to `sum`.
    pub fn add_multiple(&self, sum: &mut Sum<C>, scalar: &Scalar<C>) {
        let bytes = scalar.to_repr();
        let mut carry = 0;
        for (index, window) in self.windows.iter().enumerate() {
            let digit = window_of(&bytes, index) + carry;
            carry = i32::from(digit > DIGITS as i32);
            let digit = digit - (carry << WINDOW);
            let place = digit.unsigned_abs() as usize;
            match digit.signum() {
                1 => sum.add(&window[place - 1]),
                -1 => sum.subtract(&window[place - 1]),
                _ => {}
            }
        }
    }
}

/// From once to 512 times the point.
fn digits<C: SumCurve>(point: ProjectivePoint<C>) -> Vec<ProjectivePoint<C>> {
    let next = |multiple: &ProjectivePoint<C>| Some(*multiple + point);
    std::iter::successors(Some(point), next)
        .take(DIGITS)
        .collect()
}

fn points<C: SumCurve>(multiples: &[ProjectivePoint<C>]) -> Option<Vec<Point<C>>> {
    let mut affine = vec![AffinePoint::<C>::default(); multiples.len()];
    ProjectivePoint::<C>::batch_normalize(multiples, &mut affine);
    affine.iter().map(Point::new).collect()
}

/// Bits 10 `index` to 10 `index` + 9 of a number in big-endian bytes.
fn window_of(number: &[u8], index: usize) -> i32 {
    let bit = WINDOW * index;
    let byte = |place: usize| {
        let place = number.len().checked_sub(1 + bit / 8 + place);
        place.map_or(0, |place| u32::from(number[place]))
    };
    let bytes = byte(0) | byte(1) << 8 | byte(2) << 16;
    (bytes >> (bit % 8) & ((1 << WINDOW) - 1)) as i32
}
