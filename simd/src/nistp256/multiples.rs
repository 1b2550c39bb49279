//! The odd multiples of a point, 1 to 15 times, as affine points.
//!
//! Computed by additions of points that share their Z (Meloni 2007; Goundar, Joye,
//! Miyaji 2010), in terms of 2 Y. Why no exceptional case arises is in
//! `docs/p256.md`.

use crate::{
    isa::field::{GfP256, product},
    nistp256::point::{AffineDoubled, twice},
};

/// The number of multiples.
pub(crate) const COUNT: usize = 8;

/// Multiples whose denominators are still to be taken away.
///
/// The denominator Z of a multiple is that of the one before, times its step; that
/// of the first is 1.
pub(crate) struct Multiples<F: GfP256> {
    pub(crate) points: [AffineDoubled<F>; COUNT],
    pub(crate) steps: [F::Factor; COUNT],
}

impl<F: GfP256> Clone for Multiples<F> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}
impl<F: GfP256> Copy for Multiples<F> {}

/// X and 2 Y of a point whose Z is known from elsewhere.
pub(crate) struct Shared<F: GfP256> {
    pub(crate) x: F::Sum,
    pub(crate) twice_y: F::Sum,
}

impl<F: GfP256> Shared<F> {
    #[inline(always)]
    pub(crate) fn entry(&self) -> AffineDoubled<F> {
        AffineDoubled {
            x: F::reduce(&self.x),
            twice_y: F::reduce(&self.twice_y),
        }
    }
}

impl<F: GfP256> Multiples<F> {
    /// No multiples yet.
    #[inline(always)]
    pub(crate) fn none(isa: F::Isa) -> Self {
        let zero = F::carry(&F::constant(isa, &[0; 4]));
        Self {
            points: [AffineDoubled {
                x: zero,
                twice_y: zero,
            }; COUNT],
            steps: [zero; COUNT],
        }
    }

    /// Computes the multiples of a point. Returns the last denominator.
    #[inline(always)]
    pub(crate) fn fill(&mut self, isa: F::Isa, x: &F::Product, y: &F::Product) -> F::Factor {
        self.points[0] = AffineDoubled {
            x: F::carry(x),
            twice_y: F::add(y, y),
        };
        let (mut two, mut multiple) = double::<F>(isa, &self.points[0]);
        let mut denominator = self.points[0].twice_y;
        self.steps[0] = denominator;
        for i in 1..COUNT {
            (two, multiple, self.steps[i]) = add::<F>(&two, &multiple);
            self.points[i] = multiple.entry();
            denominator = product::<F>(&denominator, &self.steps[i]);
        }
        denominator
    }

    /// Takes the denominators away, given the inverse of the last.
    #[inline(always)]
    pub(crate) fn make_affine(&mut self, last_inverse: &F::Factor) {
        let mut inverse = *last_inverse;
        for i in (1..COUNT).rev() {
            let square = F::carry(&F::square(&inverse));
            let cube = product::<F>(&square, &inverse);
            let point = &mut self.points[i];
            point.x = product::<F>(&point.x, &square);
            point.twice_y = product::<F>(&point.twice_y, &cube);
            inverse = product::<F>(&inverse, &self.steps[i]);
        }
    }
}

/// `2 p` and `p` with the same denominator, 2 y.
#[inline(always)]
pub(crate) fn double<F: GfP256>(isa: F::Isa, p: &AffineDoubled<F>) -> (Shared<F>, Shared<F>) {
    let one = F::sum(&F::constant(isa, &[1, 0, 0, 0]));
    let gamma4 = F::carry(&F::square(&p.twice_y));
    let beta4 = F::sum(&F::mul(&p.x, &gamma4));
    let alpha = F::minus(&F::sum(&F::square(&p.x)), &one);
    let alpha = F::reduce(&F::plus(&twice::<F>(&alpha), &alpha));
    let x = F::minus(&F::sum(&F::square(&alpha)), &twice::<F>(&beta4));
    let fall = F::reduce(&twice::<F>(&F::minus(&beta4, &x)));
    let gamma4_squared = F::sum(&F::square(&gamma4));
    let rise = F::sum(&F::mul(&alpha, &fall));
    let doubled = Shared {
        x,
        twice_y: F::minus(&rise, &gamma4_squared),
    };
    let same = Shared {
        x: beta4,
        twice_y: gamma4_squared,
    };
    (doubled, same)
}

/// `p` and `p + q` with the same denominator, for points with the same denominator
/// and different x; and by what the new denominator is a multiple of the old.
#[inline(always)]
pub(crate) fn add<F: GfP256>(p: &Shared<F>, q: &Shared<F>) -> (Shared<F>, Shared<F>, F::Factor) {
    let h2 = F::reduce(&twice::<F>(&F::minus(&p.x, &q.x)));
    let hh4 = F::carry(&F::square(&h2));
    let u1 = F::sum(&F::mul(&F::reduce(&p.x), &hh4));
    let u2 = F::sum(&F::mul(&F::reduce(&q.x), &hh4));
    let hhh8 = F::reduce(&twice::<F>(&F::minus(&u1, &u2)));
    let s1 = F::sum(&F::mul(&F::reduce(&p.twice_y), &hhh8));
    let r = F::reduce(&F::minus(&p.twice_y, &q.twice_y));
    let x = F::minus(&F::minus(&F::sum(&F::square(&r)), &u1), &u2);
    let fall = F::reduce(&twice::<F>(&F::minus(&u1, &x)));
    let rise = F::sum(&F::mul(&r, &fall));
    let sum = Shared {
        x,
        twice_y: F::minus(&rise, &s1),
    };
    let same = Shared { x: u1, twice_y: s1 };
    (same, sum, h2)
}
