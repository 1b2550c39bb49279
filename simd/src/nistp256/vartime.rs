//! ECDSA's check in variable time, on keys, signatures and digests that are public: whether x of
//! `u1 G + u2 Q` is r, modulo the order.
//!
//! The doublings serve both scalars, whose digits are odd. Addresses depend on the digits of u1,
//! which nothing is hidden of. No addition is complete: of what meets an exception the Z is zero
//! and stays zero, and somebody else must say.

use crate::{
    Backend,
    backend::with_isa,
    batch::CHUNK,
    digits::odd_digit,
    integer::Integer,
    isa::{
        self, Isa, Kernel, MOST_LANES,
        field::{
            GfP256,
            operators::{Factor, Product},
            rows::BaseRows,
        },
    },
    nistp256::{
        multiples::Multiples,
        point::{AffineDoubled, Doubled, add_doubled},
        window::{TABLES, WIDTH, WINDOWS, Windowed, find, lanes, nowhere, shift, tabulate, window},
    },
};

/// The number of bits of a digit of u1.
const BASE_WIDTH: usize = 2 * WIDTH;

/// What comes of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The point has the x asked for.
    Matches,
    /// It has another, or the key is not on the curve.
    Differs,
    /// An addition met a point and itself, its negative, or the identity.
    Exception,
}

/// The check of signatures.
///
/// All slices have the same length: a multiple of the number of lanes, at most the size of a group.
pub(crate) struct Check<'a> {
    /// x and y of the keys, below the prime.
    pub(crate) x: &'a [Integer],
    pub(crate) y: &'a [Integer],
    /// Odd scalars below the order, for the base point.
    pub(crate) u1: &'a [Integer],
    /// Whether the base point's product is to be subtracted.
    pub(crate) subtracted: &'a [bool],
    /// Odd scalars below the order, for the keys.
    pub(crate) u2: &'a [Integer],
    /// What x may be, below the prime: either of two.
    pub(crate) r: [&'a [Integer]; 2],
    pub(crate) outcomes: &'a mut [Outcome],
}

impl Check<'_> {
    /// Runs the kernel on a backend.
    pub(crate) fn run(self, backend: Backend) {
        with_isa!(backend, isa => isa::run_publicly(isa, self));
    }
}

impl<I: Isa> Kernel<I> for Check<'_>
where
    I::GfP256: BaseRows<3>,
{
    #[inline(always)]
    fn run(self, isa: I) {
        check::<I, I::GfP256>(isa, self);
    }
}

#[inline(always)]
fn check<I: Isa, F: GfP256<Isa = I> + BaseRows<3>>(isa: I, batch: Check<'_>) {
    let vectors = batch.x.len() / I::LANES;
    let mut tables = [Multiples::<F>::none(isa); TABLES];
    let mut on_curve = [false; CHUNK];
    // What tables are made of: no scalars, and no products.
    let mut keys = Windowed {
        scalars: &[],
        x: batch.x,
        y: batch.y,
        products: &mut [],
        on_curve: &mut on_curve,
    };
    for first in (0..vectors).step_by(TABLES) {
        let tables = &mut tables[..TABLES.min(vectors - first)];
        tabulate::<I, F>(isa, &mut keys, first, tables);
        for (i, table) in (first..).zip(tables) {
            let lanes = lanes::<I>(i);
            let u2 = isa.load(&batch.u2[lanes.clone()]);
            let (u1, subtracted) = (&batch.u1[lanes.clone()], &batch.subtracted[lanes.clone()]);
            let sum = combine::<I, F>(isa, table, &u2, u1, subtracted);
            let r = batch.r.map(|r| isa.load(&r[lanes.clone()]));
            compare::<I, F>(&sum, &r, &mut batch.outcomes[lanes]);
        }
    }
    for (outcome, on_curve) in batch.outcomes.iter_mut().zip(on_curve) {
        if !on_curve {
            *outcome = Outcome::Differs;
        }
    }
}

/// `u1 G + u2 Q`, or `u2 Q - u1 G`, Q being what the table is of.
#[inline(always)]
fn combine<I: Isa, F: GfP256<Isa = I> + BaseRows<3>>(
    isa: I,
    table: &Multiples<F>,
    u2: &I::Integers,
    u1: &[Integer],
    subtracted: &[bool],
) -> Doubled<F> {
    let nowhere = nowhere::<F>(isa);
    let first = find::<I, F>(table, &window::<I>(u2, WINDOWS - 1));
    let mut sum = first.signed(isa, &nowhere);
    for i in (0..WINDOWS - 1).rev() {
        sum = shift::<F>(&sum);
        let (negative, index) = I::signed(&window::<I>(u2, i), WIDTH);
        sum = add_doubled::<F>(&sum, &find::<I, F>(table, &index), &negative);
        if i % 2 == 0 {
            let multiple = multiple_of_base::<I, F>(isa, u1, subtracted, i / 2);
            sum = add_doubled::<F>(&sum, &multiple, &nowhere);
        }
    }
    sum
}

/// The multiple of the base point that digit `i` of each lane's scalar asks for.
#[inline(always)]
fn multiple_of_base<I: Isa, F: GfP256<Isa = I> + BaseRows<3>>(
    isa: I,
    u1: &[Integer],
    subtracted: &[bool],
    i: usize,
) -> AffineDoubled<F> {
    let zero = F::ZERO;
    let (mut xs, mut ys) = ([&zero; MOST_LANES], [&zero; MOST_LANES]);
    let multiples = F::multiples();
    for (lane, (u1, subtracted)) in u1.iter().zip(subtracted).enumerate() {
        let (index, negative) = odd_digit::<BASE_WIDTH>(u1, i);
        let [x, twice_y, minus_twice_y] = &multiples[index];
        xs[lane] = x;
        ys[lane] = match negative == *subtracted {
            true => twice_y,
            false => minus_twice_y,
        };
    }
    AffineDoubled {
        x: Factor(F::gather(isa, &xs[..I::LANES])),
        twice_y: Factor(F::gather(isa, &ys[..I::LANES])),
    }
}

/// Whether x of a sum is either of two: X is r Z^2.
#[inline(always)]
fn compare<I: Isa, F: GfP256<Isa = I>>(
    sum: &Doubled<F>,
    r: &[I::Integers; 2],
    outcomes: &mut [Outcome],
) {
    let exception = sum.z.is_zero();
    let zz = sum.z.square().carry();
    let matches = |r: &I::Integers| {
        let r = Product::from_integers(r).carry();
        ((&r * &zz).sum() - sum.x).reduce().is_zero()
    };
    let matches = [matches(&r[0]), matches(&r[1])];
    for (lane, outcome) in outcomes.iter_mut().enumerate() {
        *outcome = if I::reveal(&exception, lane) {
            Outcome::Exception
        } else if matches.iter().any(|matches| I::reveal(matches, lane)) {
            Outcome::Matches
        } else {
            Outcome::Differs
        };
    }
}
