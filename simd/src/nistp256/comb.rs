//! P-256 with the base point: a comb of signed windows.
//!
//! The recoding, and why no addition but the last needs to be complete, is in
//! `docs/p256.md`.

use crate::{
    Backend,
    backend::with_isa,
    integer::Integer,
    isa::{
        self, Isa, Kernel,
        field::{
            CombField, GfP256,
            inversion::invert_all,
            operators::{Factor, Product},
        },
    },
    nistp256::point::{Affine, Jacobian, Projective, add_affine, add_complete},
    tables::nistp256::{WIDTH, WINDOWS},
};

/// Multiplies the base point by scalars.
///
/// All slices have the same length: a multiple of the number of lanes, at most
/// the size of a group.
pub(crate) struct Comb<'a> {
    /// Odd scalars below the order.
    pub(crate) scalars: &'a [Integer],
    /// The resulting x coordinates.
    pub(crate) x: &'a mut [Integer],
    /// The resulting y coordinates.
    pub(crate) y: &'a mut [Integer],
}

impl Comb<'_> {
    /// Runs the kernel on a backend. Compiled once, in this crate, and not wherever
    /// a generic caller is.
    pub(crate) fn run(self, backend: Backend) {
        with_isa!(backend, isa => isa::run(isa, self));
    }
}

impl<I: Isa> Kernel<I> for Comb<'_> {
    #[inline(always)]
    fn run(self, isa: I) {
        multiply::<I, I::GfP256>(isa, self);
    }
}

#[inline(always)]
fn multiply<I: Isa, F: GfP256<Isa = I> + CombField<2, Isa = I>>(isa: I, batch: Comb<'_>) {
    let vectors = batch.scalars.len() / I::LANES;
    let nothing = Product::<F>::constant(isa, &[0; 4]);
    let nowhere = Jacobian::<F> {
        x: nothing.sum(),
        y: nothing.sum(),
        z: nothing.carry(),
    };
    let mut sums = I::group(nowhere);
    let sums = &mut sums.as_mut()[..vectors];
    accumulate::<I, F>(isa, batch.scalars, sums);

    let mut products = I::group(nowhere.projective());
    let products = &mut products.as_mut()[..vectors];
    let mut denominators = I::group(nothing.carry());
    let denominators = &mut denominators.as_mut()[..vectors];
    for i in 0..vectors {
        let scalars = isa.load(&batch.scalars[i * I::LANES..(i + 1) * I::LANES]);
        products[i] = add_last::<I, F>(isa, &sums[i], &scalars);
        denominators[i] = products[i].z;
    }
    invert_all(isa, denominators);
    for i in 0..vectors {
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        let x = (&products[i].x * &denominators[i]).carry();
        let y = (&products[i].y * &denominators[i]).carry();
        I::store(&x.to_integers(), &mut batch.x[lanes.clone()]);
        I::store(&y.to_integers(), &mut batch.y[lanes]);
    }
}

/// Sets each sum to the multiple of the base point that all windows but the last
/// of its scalars ask for.
///
/// Goes through the windows outside and the vectors inside, so that a window is
/// fetched from memory once.
#[inline(always)]
fn accumulate<I: Isa, F: GfP256<Isa = I> + CombField<2, Isa = I>>(
    isa: I,
    scalars: &[Integer],
    sums: &mut [Jacobian<F>],
) {
    let mut loaded = I::group(isa.load(&scalars[..I::LANES]));
    let loaded = loaded.as_mut();
    for (integers, lanes) in loaded.iter_mut().zip(scalars.chunks_exact(I::LANES)) {
        *integers = isa.load(lanes);
    }
    let (first, others) = (&F::windows()[0], &F::windows()[1..WINDOWS - 1]);
    for (sum, integers) in sums.iter_mut().zip(loaded.iter()) {
        let (negative, index) = I::signed(&window::<I>(integers, 0), WIDTH);
        *sum = find::<I, F>(first, &index).signed(isa, &negative);
    }
    for (i, entries) in (1..).zip(others) {
        for (sum, integers) in sums.iter_mut().zip(loaded.iter()) {
            let (negative, index) = I::signed(&window::<I>(integers, i), WIDTH);
            *sum = add_affine::<F>(sum, &find::<I, F>(entries, &index), &negative);
        }
    }
}

/// Adds the entry that the last window asks for: the one addition that must be
/// complete. Its digit is positive, so that its window alone is the index.
#[inline(always)]
fn add_last<I: Isa, F: GfP256<Isa = I> + CombField<2, Isa = I>>(
    isa: I,
    sum: &Jacobian<F>,
    scalars: &I::Integers,
) -> Projective<F> {
    let index = window::<I>(scalars, WINDOWS - 1);
    let entry = find::<I, F>(&F::windows()[WINDOWS - 1], &index);
    add_complete::<F>(isa, &sum.projective(), &entry.projective(isa))
}

/// Window `i` of half the scalar.
#[inline(always)]
fn window<I: Isa>(scalar: &I::Integers, i: usize) -> I::Index {
    I::window(scalar, 1 + WIDTH * i, WIDTH)
}

/// The entry that each lane asks for.
#[inline(always)]
fn find<I: Isa, F: GfP256<Isa = I> + CombField<2, Isa = I>>(
    entries: &[F::Column; 2],
    index: &I::Index,
) -> Affine<F> {
    Affine {
        x: Factor(F::lookup(&entries[0], index)),
        y: Factor(F::lookup(&entries[1], index)),
    }
}
