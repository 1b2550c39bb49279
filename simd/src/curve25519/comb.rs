//! X25519 with the base point: a comb on the Edwards curve.
//!
//! The recoding needs no arithmetic on the scalar, see `docs/curve25519.md`.

use crate::{
    Backend,
    backend::with_isa,
    integer::Integer,
    isa::{
        self, Isa, Kernel,
        field::{
            CombField, Field, Gf25519,
            inversion::invert_all,
            operators::{Factor, Product},
        },
    },
    tables::curve25519::{START, WIDTH, WINDOWS},
};

/// Multiplies the base point by scalars.
///
/// Both slices have the same length: a multiple of the number of lanes, at most
/// the size of a group.
pub(crate) struct Comb<'a> {
    /// Clamped scalars.
    pub(crate) scalars: &'a [Integer],
    /// The resulting u coordinates, below the prime.
    pub(crate) products: &'a mut [Integer],
}

/// A point in extended coordinates: x = X/Z, y = Y/Z, x y = T/Z
/// (Hisil, Wong, Carter, Dawson 2008).
#[derive(Clone, Copy)]
pub(crate) struct Extended<P> {
    pub(crate) x: P,
    pub(crate) y: P,
    pub(crate) z: P,
    pub(crate) t: P,
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
        multiply::<I, I::Gf25519>(isa, self);
    }
}

#[inline(always)]
fn multiply<I: Isa, F: Gf25519<Isa = I> + CombField<3, Isa = I>>(isa: I, batch: Comb<'_>) {
    let vectors = batch.scalars.len() / I::LANES;
    let mut sums = I::group(start::<F>(isa));
    let sums = &mut sums.as_mut()[..vectors];
    accumulate::<I, F>(isa, batch.scalars, sums);

    let nothing = Product::<F>::constant(isa, &[0; 4]).carry();
    let mut denominators = I::group(nothing);
    let denominators = &mut denominators.as_mut()[..vectors];
    for (denominator, sum) in denominators.iter_mut().zip(sums.iter()) {
        *denominator = sum.z - sum.y;
    }
    invert_all(isa, denominators);
    for (i, sum) in sums.iter().enumerate() {
        // The map to the Montgomery curve: u = (1 + y) / (1 - y).
        let u = (&(sum.z + sum.y) * &denominators[i]).carry();
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        I::store(&u.to_integers(), &mut batch.products[lanes]);
    }
}

/// Adds to each sum the multiple of the base point that its scalars ask for.
///
/// Goes through the windows outside and the vectors inside, so that a window is
/// fetched from memory once.
#[inline(always)]
fn accumulate<I: Isa, F: Gf25519<Isa = I> + CombField<3, Isa = I>>(
    isa: I,
    scalars: &[Integer],
    sums: &mut [Extended<Product<F>>],
) {
    let mut loaded = I::group(isa.load(&scalars[..I::LANES]));
    let loaded = loaded.as_mut();
    for (integers, lanes) in loaded.iter_mut().zip(scalars.chunks_exact(I::LANES)) {
        *integers = isa.load(lanes);
    }
    for (i, window) in F::windows().iter().enumerate() {
        for (sum, integers) in sums.iter_mut().zip(loaded.iter()) {
            // The three lowest bits of a clamped scalar are zero.
            let digit = I::window(integers, 3 + WIDTH * i, WIDTH);
            *sum = add_entry::<I, F>(sum, window, &digit);
        }
    }
    debug_assert_eq!(F::windows().len(), WINDOWS);
}

/// The point that makes up for the recoding's offset.
#[inline(always)]
pub(crate) fn start<F: Field>(isa: F::Isa) -> Extended<Product<F>> {
    Extended {
        x: Product::constant(isa, &START[0]),
        y: Product::constant(isa, &START[1]),
        z: Product::constant(isa, &[1, 0, 0, 0]),
        t: Product::constant(isa, &START[2]),
    }
}

/// Adds the entry of a window that a digit names.
///
/// The addition of Hisil et al. for a = -1, with the entry's Z = 1 and all of E, F,
/// G and H halved, which projective coordinates do not notice. It is complete: it
/// has no exceptional case. For a negative digit the entry is negated, which
/// exchanges (y + x)/2 with (y - x)/2 and negates d x y.
#[inline(always)]
pub(crate) fn add_entry<I: Isa, F: Gf25519<Isa = I> + CombField<3, Isa = I>>(
    sum: &Extended<Product<F>>,
    window: &[F::Column; 3],
    digit: &I::Index,
) -> Extended<Product<F>> {
    let (negative, index) = I::signed(digit, WIDTH);
    let [plus, minus, dxy] = window;
    let plus = Factor::<F>(F::lookup(plus, &index));
    let minus = Factor::<F>(F::lookup(minus, &index));
    let dxy = Factor::<F>(F::lookup(dxy, &index));

    let a = &(sum.y - sum.x) * &Factor::select(&negative, &plus, &minus);
    let b = &(sum.y + sum.x) * &Factor::select(&negative, &minus, &plus);
    let c = &sum.t.negate_if(&negative) * &dxy;
    let (e, h) = (b - a, b + a);
    let (f, g) = (sum.z - c, sum.z + c);
    Extended {
        x: &e * &f,
        y: &g * &h,
        z: &f * &g,
        t: &e * &h,
    }
}
