//! X25519 with any point: the Montgomery ladder (RFC 7748, section 5).

use crate::{
    Backend,
    backend::with_isa,
    integer::Integer,
    isa::{
        self, Isa, Kernel,
        field::{self, invert_all, product},
    },
};

/// Multiplies points by scalars.
///
/// All slices have the same length: a multiple of the number of lanes, at most
/// the size of a group.
pub(crate) struct Ladder<'a> {
    /// Clamped scalars.
    pub(crate) scalars: &'a [Integer],
    /// u coordinates below 2^255.
    pub(crate) points: &'a [Integer],
    /// The resulting u coordinates, below the prime. Zero for points of small order.
    pub(crate) products: &'a mut [Integer],
}

impl Ladder<'_> {
    /// Runs the kernel on a backend. Compiled once, in this crate, and not wherever
    /// a generic caller is.
    pub(crate) fn run(self, backend: Backend) {
        with_isa!(backend, isa => isa::run(isa, self));
    }
}

impl<I: Isa> Kernel<I> for Ladder<'_> {
    #[inline(always)]
    fn run(self, isa: I) {
        multiply::<I, I::Gf25519>(isa, self);
    }
}

#[inline(always)]
fn multiply<I: Isa, F: field::Gf25519<Isa = I>>(isa: I, batch: Ladder<'_>) {
    let nothing = F::carry(&F::constant(isa, &[0; 4]));
    let (mut numerators, mut denominators) = (I::group(nothing), I::group(nothing));
    let vectors = batch.scalars.len() / I::LANES;
    let numerators = &mut numerators.as_mut()[..vectors];
    let denominators = &mut denominators.as_mut()[..vectors];
    for i in 0..vectors {
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        let scalars = isa.load(&batch.scalars[lanes.clone()]);
        let points = isa.load(&batch.points[lanes]);
        (numerators[i], denominators[i]) = climb::<I, F>(isa, &scalars, &points);
    }
    invert_all::<F>(isa, denominators);
    for i in 0..vectors {
        let affine = product::<F>(&numerators[i], &denominators[i]);
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        I::store(&F::to_integers(&affine), &mut batch.products[lanes]);
    }
}

/// The two points of the ladder, (x2 : z2) and (x3 : z3), whose difference is the
/// point given.
#[derive(Clone, Copy)]
pub(crate) struct Rungs<P> {
    pub(crate) x2: P,
    pub(crate) z2: P,
    pub(crate) x3: P,
    pub(crate) z3: P,
}

/// `k (u : 1)` in projective coordinates (x : z).
#[inline(always)]
fn climb<I: Isa, F: field::Gf25519<Isa = I>>(
    isa: I,
    scalars: &I::Integers,
    points: &I::Integers,
) -> (F::Factor, F::Factor) {
    let one = F::constant(isa, &[1, 0, 0, 0]);
    let zero = F::constant(isa, &[0; 4]);
    let u = F::from_integers(points);
    let x1 = F::carry(&u);
    let mut rungs = Rungs {
        x2: one,
        z2: zero,
        x3: u,
        z3: one,
    };
    // Bit t says whether bits t and t + 1 of the scalar differ: whether the rungs
    // must trade places.
    let swaps = I::gray(scalars);
    for t in (0..255).rev() {
        rungs = step::<I, F>(&I::bit(&swaps, t), &x1, &rungs);
    }
    // A clamped scalar is even, so the rungs are in place.
    (F::carry(&rungs.x2), F::carry(&rungs.z2))
}

/// One step of the ladder: doubles the second rung (or the third, if `swap`),
/// and puts the sum of both into the third.
///
/// The names are RFC 7748's. Swapping the rungs exchanges DA with CB, which leaves
/// the sum of the rungs as it is: only the doubling must choose.
#[inline(always)]
pub(crate) fn step<I: Isa, F: field::Gf25519<Isa = I>>(
    swap: &I::Mask,
    x1: &F::Factor,
    rungs: &Rungs<F::Product>,
) -> Rungs<F::Product> {
    let a = F::add(&rungs.x2, &rungs.z2);
    let b = F::sub(&rungs.x2, &rungs.z2);
    let c = F::add(&rungs.x3, &rungs.z3);
    let d = F::sub(&rungs.x3, &rungs.z3);
    // In an order in which hardly one waits for the one before.
    let (da, cb) = (F::mul(&d, &a), F::mul(&c, &b));
    let aa = F::square(&F::select(swap, &c, &a));
    let bb = F::square(&F::select(swap, &d, &b));
    let x3 = F::square(&F::add(&da, &cb));
    let difference = F::carry(&F::square(&F::sub(&da, &cb)));
    let e = F::sub(&aa, &bb);
    let x2 = F::mul(&F::carry(&aa), &F::carry(&bb));
    let z2 = F::mul(&e, &F::add_a24_times(&aa, &e));
    let z3 = F::mul(x1, &difference);
    Rungs { x2, z2, x3, z3 }
}
