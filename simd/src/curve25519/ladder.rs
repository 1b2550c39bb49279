//! X25519 with any point: the Montgomery ladder (RFC 7748, section 5).

use crate::{
    Backend,
    backend::with_isa,
    integer::Integer,
    isa::{
        self, Isa, Kernel,
        field::{
            self,
            inversion::invert_all,
            operators::{Factor, Product},
        },
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
    let nothing = Product::<F>::constant(isa, &[0; 4]).carry();
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
    invert_all(isa, denominators);
    for i in 0..vectors {
        let affine = (&numerators[i] * &denominators[i]).carry();
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        I::store(&affine.to_integers(), &mut batch.products[lanes]);
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
) -> (Factor<F>, Factor<F>) {
    let one = Product::constant(isa, &[1, 0, 0, 0]);
    let zero = Product::constant(isa, &[0; 4]);
    let u = Product::from_integers(points);
    let x1 = u.carry();
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
    (rungs.x2.carry(), rungs.z2.carry())
}

/// One step of the ladder: doubles the second rung (or the third, if `swap`),
/// and puts the sum of both into the third.
///
/// The names are RFC 7748's. Swapping the rungs exchanges DA with CB, which leaves
/// the sum of the rungs as it is: only the doubling must choose.
#[inline(always)]
pub(crate) fn step<I: Isa, F: field::Gf25519<Isa = I>>(
    swap: &I::Mask,
    x1: &Factor<F>,
    rungs: &Rungs<Product<F>>,
) -> Rungs<Product<F>> {
    let a = rungs.x2 + rungs.z2;
    let b = rungs.x2 - rungs.z2;
    let c = rungs.x3 + rungs.z3;
    let d = rungs.x3 - rungs.z3;
    // In an order in which hardly one waits for the one before.
    let (da, cb) = (&d * &a, &c * &b);
    let aa = Factor::select(swap, &c, &a).square();
    let bb = Factor::select(swap, &d, &b).square();
    let x3 = (da + cb).square();
    let difference = (da - cb).square().carry();
    let e = aa - bb;
    let x2 = &aa.carry() * &bb.carry();
    let z2 = &e * &aa.add_a24_times(&e);
    let z3 = x1 * &difference;
    Rungs { x2, z2, x3, z3 }
}
