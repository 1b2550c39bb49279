//! The odd multiples of a point, 1 to 15 times, as affine points.
//!
//! Computed by additions of points that share their Z (Meloni 2007; Goundar, Joye,
//! Miyaji 2010), in terms of 2 Y. Why no exceptional case arises is in
//! `docs/p256.md`.

use crate::{
    isa::field::{
        GfP256,
        operators::{Factor, Product, Sum},
    },
    nistp256::point::AffineDoubled,
};

/// The number of multiples.
pub(crate) const COUNT: usize = 8;

/// Multiples whose denominators are still to be taken away.
///
/// The denominator Z of a multiple is that of the one before, times its step; that
/// of the first is 1.
pub(crate) struct Multiples<F: GfP256> {
    pub(crate) points: [AffineDoubled<F>; COUNT],
    pub(crate) steps: [Factor<F>; COUNT],
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
    pub(crate) x: Sum<F>,
    pub(crate) twice_y: Sum<F>,
}

impl<F: GfP256> Shared<F> {
    #[inline(always)]
    pub(crate) fn entry(&self) -> AffineDoubled<F> {
        AffineDoubled {
            x: self.x.reduce(),
            twice_y: self.twice_y.reduce(),
        }
    }
}

impl<F: GfP256> Multiples<F> {
    /// No multiples yet.
    #[inline(always)]
    pub(crate) fn none(isa: F::Isa) -> Self {
        let zero = Product::constant(isa, &[0; 4]).carry();
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
    pub(crate) fn fill(&mut self, isa: F::Isa, x: &Product<F>, y: &Product<F>) -> Factor<F> {
        self.points[0] = AffineDoubled {
            x: x.carry(),
            twice_y: *y + *y,
        };
        let (mut two, mut multiple) = double(isa, &self.points[0]);
        let mut denominator = self.points[0].twice_y;
        self.steps[0] = denominator;
        for i in 1..COUNT {
            (two, multiple, self.steps[i]) = add(&two, &multiple);
            self.points[i] = multiple.entry();
            denominator = (&denominator * &self.steps[i]).carry();
        }
        denominator
    }

    /// Takes the denominators away, given the inverse of the last.
    #[inline(always)]
    pub(crate) fn make_affine(&mut self, last_inverse: &Factor<F>) {
        let mut inverse = *last_inverse;
        for i in (1..COUNT).rev() {
            let square = inverse.square().carry();
            let cube = (&square * &inverse).carry();
            let point = &mut self.points[i];
            point.x = (&point.x * &square).carry();
            point.twice_y = (&point.twice_y * &cube).carry();
            inverse = (&inverse * &self.steps[i]).carry();
        }
    }
}

/// `2 p` and `p` with the same denominator, 2 y.
#[inline(always)]
pub(crate) fn double<F: GfP256>(isa: F::Isa, p: &AffineDoubled<F>) -> (Shared<F>, Shared<F>) {
    let one = Product::constant(isa, &[1, 0, 0, 0]).sum();
    let gamma4 = p.twice_y.square().carry();
    let beta4 = (&p.x * &gamma4).sum();
    let alpha = (p.x.square().sum() - one).triple().reduce();
    let x = alpha.square().sum() - beta4.twice();
    let fall = (beta4 - x).twice().reduce();
    let gamma4_squared = gamma4.square().sum();
    let doubled = Shared {
        x,
        twice_y: (&alpha * &fall).sum() - gamma4_squared,
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
pub(crate) fn add<F: GfP256>(p: &Shared<F>, q: &Shared<F>) -> (Shared<F>, Shared<F>, Factor<F>) {
    let h2 = (p.x - q.x).twice().reduce();
    let hh4 = h2.square().carry();
    let u1 = (&p.x.reduce() * &hh4).sum();
    let u2 = (&q.x.reduce() * &hh4).sum();
    let hhh8 = (u1 - u2).twice().reduce();
    let s1 = (&p.twice_y.reduce() * &hhh8).sum();
    let r = (p.twice_y - q.twice_y).reduce();
    let x = r.square().sum() - u1 - u2;
    let fall = (u1 - x).twice().reduce();
    let sum = Shared {
        x,
        twice_y: (&r * &fall).sum() - s1,
    };
    let same = Shared { x: u1, twice_y: s1 };
    (same, sum, h2)
}
