//! P-256 with any point: signed windows of four bits.
//!
//! The recoding, and why no addition but the last needs to be complete, is in
//! `docs/p256.md`.

use crate::{
    Backend,
    backend::with_isa,
    field::{Field, GfP256, invert_all, product},
    isa::{self, Integer, Isa, Kernel},
    nistp256::point::{Entry, Jacobian, Projective, add, add_complete, double, is_on_curve},
};

/// The number of bits of a window.
const WIDTH: usize = 4;
/// The number of windows of a scalar.
const WINDOWS: usize = 256 / WIDTH;
/// The odd multiples that a window can name: 1 to 15 times the point.
const ENTRIES: usize = 1 << (WIDTH - 1);

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
    #[inline(always)]
    fn run(self, isa: I) {
        multiply::<I, I::GfP256>(isa, self);
    }
}

#[inline(always)]
fn multiply<I: Isa, F: GfP256<Isa = I>>(isa: I, batch: Windowed<'_>) {
    let nothing = F::carry(&F::constant(isa, &[0; 4]));
    let (mut numerators, mut denominators) = (I::group(nothing), I::group(nothing));
    let vectors = batch.scalars.len() / I::LANES;
    let numerators = &mut numerators.as_mut()[..vectors];
    let denominators = &mut denominators.as_mut()[..vectors];
    for i in 0..vectors {
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        let x = F::from_integers(&isa.load(&batch.x[lanes.clone()]));
        let y = F::from_integers(&isa.load(&batch.y[lanes.clone()]));
        let on_curve = is_on_curve::<F>(isa, &x, &y);
        for (lane, on) in batch.on_curve[lanes.clone()].iter_mut().enumerate() {
            *on = I::reveal(&on_curve, lane);
        }
        let one = F::carry(&F::constant(isa, &[1, 0, 0, 0]));
        let point = Entry {
            x: F::carry(&x),
            y: F::carry(&y),
            z: one,
        };
        let product = walk::<I, F>(isa, &isa.load(&batch.scalars[lanes]), &point);
        (numerators[i], denominators[i]) = (product.x, product.z);
    }
    invert_all::<F>(isa, denominators);
    for i in 0..vectors {
        let affine = product::<F>(&numerators[i], &denominators[i]);
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        I::store(&F::to_integers(&affine), &mut batch.products[lanes]);
    }
}

/// The product of a point with an odd scalar.
#[inline(always)]
fn walk<I: Isa, F: GfP256<Isa = I>>(
    isa: I,
    scalar: &I::Integers,
    point: &Entry<F>,
) -> Projective<F> {
    let table = odd_multiples::<I, F>(isa, point);
    // The first digit is positive: its window alone is the index.
    let first = find::<I, F>(&table, &window::<I>(scalar, WINDOWS - 1));
    let mut sum = first.signed(isa, &nowhere::<F>(isa));
    for i in (1..WINDOWS - 1).rev() {
        sum = shift::<F>(&sum);
        let (negative, index) = I::signed(&window::<I>(scalar, i), WIDTH);
        sum = add::<F>(&sum, &find::<I, F>(&table, &index), &negative);
    }
    sum = shift::<F>(&sum);
    let (negative, index) = I::signed(&window::<I>(scalar, 0), WIDTH);
    let last = find::<I, F>(&table, &index).signed(isa, &negative);
    add_complete::<F>(isa, &sum.entry().projective(), &last.entry().projective())
}

/// The mask of no lane.
#[inline(always)]
fn nowhere<F: Field>(isa: F::Isa) -> <F::Isa as Isa>::Mask {
    F::is_zero(&F::carry(&F::constant(isa, &[1, 0, 0, 0])))
}

/// Window `i` of half the scalar.
#[inline(always)]
fn window<I: Isa>(scalar: &I::Integers, i: usize) -> I::Index {
    I::window(scalar, 1 + WIDTH * i, WIDTH)
}

/// Doubles once for each bit of a window.
#[inline(always)]
fn shift<F: GfP256>(point: &Jacobian<F>) -> Jacobian<F> {
    let mut result = *point;
    for _ in 0..WIDTH {
        result = double::<F>(&result);
    }
    result
}

/// The point times 1, 3, 5 and so on.
#[inline(always)]
fn odd_multiples<I: Isa, F: GfP256<Isa = I>>(isa: I, point: &Entry<F>) -> [Entry<F>; ENTRIES] {
    let nowhere = nowhere::<F>(isa);
    let mut multiple = point.signed(isa, &nowhere);
    let twice = double::<F>(&multiple).entry();
    let mut table = [*point; ENTRIES];
    for entry in &mut table[1..] {
        multiple = add::<F>(&multiple, &twice, &nowhere);
        *entry = multiple.entry();
    }
    table
}

/// The entry that each lane asks for. Reads the whole table.
#[inline(always)]
fn find<I: Isa, F: GfP256<Isa = I>>(table: &[Entry<F>; ENTRIES], index: &I::Index) -> Entry<F> {
    let mut found = table[0];
    for (i, entry) in (1..).zip(&table[1..]) {
        let here = I::is(index, i);
        found = Entry {
            x: F::select(&here, &entry.x, &found.x),
            y: F::select(&here, &entry.y, &found.y),
            z: F::select(&here, &entry.z, &found.z),
        };
    }
    found
}
