//! P-256 with any point: signed windows of four bits.
//!
//! The recoding, and why no addition but the last needs to be complete, is in
//! `docs/p256.md`.

use core::ops::Range;

use crate::{
    Backend,
    backend::with_isa,
    integer::Integer,
    isa::{
        self, Isa, Kernel,
        field::{
            Field, GfP256,
            inversion::invert_all,
            operators::{Factor, Product},
        },
    },
    nistp256::{
        multiples::{self, Multiples},
        point::{
            AffineDoubled, Doubled, Projective, add_complete, add_doubled, double, is_on_curve,
        },
    },
};

/// The number of bits of a window.
pub(crate) const WIDTH: usize = 4;
/// The number of windows of a scalar.
pub(crate) const WINDOWS: usize = 256 / WIDTH;
/// The odd multiples that a window can name.
const ENTRIES: usize = 1 << (WIDTH - 1);
const _: () = assert!(ENTRIES == multiples::COUNT);

/// The most vectors whose tables are held at a time, and share an inversion.
pub(crate) const TABLES: usize = 8;

/// Multiplies points by scalars.
///
/// All slices have the same length: a multiple of the number of lanes, at most
/// the size of a group.
pub(crate) struct Windowed<'a> {
    /// Odd scalars below the order.
    pub(crate) scalars: &'a [Integer],
    /// x coordinates below the prime.
    pub(crate) x: &'a [Integer],
    /// y coordinates below the prime.
    pub(crate) y: &'a [Integer],
    /// The resulting x coordinates; meaningless for points off the curve.
    pub(crate) products: &'a mut [Integer],
    /// Whether each point is on the curve.
    pub(crate) on_curve: &'a mut [bool],
}

impl Windowed<'_> {
    /// Runs the kernel on a backend. Compiled once, in this crate, and not wherever
    /// a generic caller is.
    pub(crate) fn run(self, backend: Backend) {
        with_isa!(backend, isa => isa::run(isa, self));
    }
}

impl<I: Isa> Kernel<I> for Windowed<'_> {
    /// The tables alone take 60 KiB; a frame on AVX2 has 108.
    const STACK: usize = 128 * 1024;

    #[inline(always)]
    fn run(self, isa: I) {
        multiply::<I, I::GfP256>(isa, self);
    }
}

#[inline(always)]
fn multiply<I: Isa, F: GfP256<Isa = I>>(isa: I, mut batch: Windowed<'_>) {
    let nothing = Product::<F>::constant(isa, &[0; 4]).carry();
    let (mut numerators, mut denominators) = (I::group(nothing), I::group(nothing));
    let vectors = batch.scalars.len() / I::LANES;
    let numerators = &mut numerators.as_mut()[..vectors];
    let denominators = &mut denominators.as_mut()[..vectors];
    let mut tables = [Multiples::<F>::none(isa); TABLES];
    for first in (0..vectors).step_by(TABLES) {
        let tables = &mut tables[..TABLES.min(vectors - first)];
        tabulate::<I, F>(isa, &mut batch, first, tables);
        for (i, table) in (first..).zip(tables) {
            let scalars = isa.load(&batch.scalars[lanes::<I>(i)]);
            let product = walk::<I, F>(isa, &scalars, table);
            (numerators[i], denominators[i]) = (product.x, product.z);
        }
    }
    invert_all(isa, denominators);
    for i in 0..vectors {
        let affine = (&numerators[i] * &denominators[i]).carry();
        I::store(&affine.to_integers(), &mut batch.products[lanes::<I>(i)]);
    }
}

/// Where the lanes of vector `i` are in a batch.
#[inline(always)]
pub(crate) fn lanes<I: Isa>(i: usize) -> Range<usize> {
    i * I::LANES..(i + 1) * I::LANES
}

/// Checks the points from vector `first` on, and computes a table for each.
#[inline(always)]
pub(crate) fn tabulate<I: Isa, F: GfP256<Isa = I>>(
    isa: I,
    batch: &mut Windowed<'_>,
    first: usize,
    tables: &mut [Multiples<F>],
) {
    let mut denominators = [Product::constant(isa, &[0; 4]).carry(); TABLES];
    let denominators = &mut denominators[..tables.len()];
    for (i, table) in tables.iter_mut().enumerate() {
        let lanes = lanes::<I>(first + i);
        let x = Product::from_integers(&isa.load(&batch.x[lanes.clone()]));
        let y = Product::from_integers(&isa.load(&batch.y[lanes.clone()]));
        let on_curve = is_on_curve::<F>(isa, &x, &y);
        for (lane, on) in batch.on_curve[lanes].iter_mut().enumerate() {
            *on = I::reveal(&on_curve, lane);
        }
        denominators[i] = table.fill(isa, &x, &y);
    }
    invert_all(isa, denominators);
    for (table, inverse) in tables.iter_mut().zip(denominators) {
        table.make_affine(inverse);
    }
}

/// The product of a point, given its multiples, with an odd scalar.
#[inline(always)]
fn walk<I: Isa, F: GfP256<Isa = I>>(
    isa: I,
    scalar: &I::Integers,
    table: &Multiples<F>,
) -> Projective<F> {
    // The first digit is positive: its window alone is the index.
    let first = find::<I, F>(table, &window::<I>(scalar, WINDOWS - 1));
    let mut sum = first.signed(isa, &nowhere::<F>(isa));
    for i in (1..WINDOWS - 1).rev() {
        sum = shift::<F>(&sum);
        let (negative, index) = I::signed(&window::<I>(scalar, i), WIDTH);
        sum = add_doubled::<F>(&sum, &find::<I, F>(table, &index), &negative);
    }
    sum = shift::<F>(&sum);
    let (negative, index) = I::signed(&window::<I>(scalar, 0), WIDTH);
    let last = find::<I, F>(table, &index).signed(isa, &negative);
    add_complete::<F>(isa, &sum.projective(), &last.projective())
}

/// The mask of no lane.
#[inline(always)]
pub(crate) fn nowhere<F: Field>(isa: F::Isa) -> <F::Isa as Isa>::Mask {
    Product::<F>::constant(isa, &[1, 0, 0, 0]).carry().is_zero()
}

/// Window `i` of half the scalar.
#[inline(always)]
pub(crate) fn window<I: Isa>(scalar: &I::Integers, i: usize) -> I::Index {
    I::window(scalar, 1 + WIDTH * i, WIDTH)
}

/// Doubles once for each bit of a window.
#[inline(always)]
pub(crate) fn shift<F: GfP256>(point: &Doubled<F>) -> Doubled<F> {
    let mut result = *point;
    for _ in 0..WIDTH {
        result = double::<F>(&result);
    }
    result
}

/// The entry that each lane asks for. Reads the whole table.
#[inline(always)]
pub(crate) fn find<I: Isa, F: GfP256<Isa = I>>(
    table: &Multiples<F>,
    index: &I::Index,
) -> AffineDoubled<F> {
    let mut found = table.points[0];
    for (i, point) in (1..).zip(&table.points[1..]) {
        let here = I::is(index, i);
        found = AffineDoubled {
            x: Factor::select(&here, &point.x, &found.x),
            twice_y: Factor::select(&here, &point.twice_y, &found.twice_y),
        };
    }
    found
}
