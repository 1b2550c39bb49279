//! Ed25519's check in variable time, on keys, signatures and digests that are public: the point
//! `s B - h A`, encoded.
//!
//! Straus's method: the doublings serve both scalars, whose digits are signed. Addresses depend on
//! digits, which nothing is hidden of.

use crate::{
    Backend,
    backend::with_isa,
    curve25519::{
        comb::Extended,
        decode,
        edwards::{Addend, Completed, add, double},
    },
    digits::{Digit, Signed},
    integer::Integer,
    isa::{
        self, Isa, Kernel, MOST_LANES,
        field::{
            Gf25519,
            inversion::invert_all,
            operators::{Factor, Product},
            rows::{BaseRows, Rows},
        },
    },
    tables::curve25519::TWICE_D,
};

/// The digits of h, for the multiples of A.
const KEY_WIDTH: usize = 5;
pub(crate) type KeyDigits = Signed<KEY_WIDTH, 51>;
/// The multiples of A from 0 to 16 times.
const KEY_ENTRIES: usize = (1 << (KEY_WIDTH - 1)) + 1;
/// The digits of s, for the multiples of B.
const BASE_WIDTH: usize = 8;
pub(crate) type BaseDigits = Signed<BASE_WIDTH, 32>;
/// Where the first digit of either lies.
const TOP: usize = 250;

/// The check of signatures.
///
/// All slices have the same length: a multiple of the number of lanes, at most the size of a group.
pub(crate) struct Check<'a> {
    /// y of the keys, below the prime.
    pub(crate) y: &'a [Integer],
    /// The signs of the keys' x.
    pub(crate) odd: &'a [bool],
    /// Digests modulo the order, held as [`KeyDigits`].
    pub(crate) h: &'a [Integer],
    /// Scalars below the order, held as [`BaseDigits`].
    pub(crate) s: &'a [Integer],
    /// The resulting points, encoded; meaningless where the key is no point.
    pub(crate) points: &'a mut [Integer],
    /// Whether each key is a point.
    pub(crate) is_point: &'a mut [bool],
}

impl Check<'_> {
    /// Runs the kernel on a backend.
    pub(crate) fn run(self, backend: Backend) {
        with_isa!(backend, isa => isa::run_publicly(isa, self));
    }
}

impl<I: Isa> Kernel<I> for Check<'_>
where
    I::Gf25519: BaseRows<4>,
{
    #[inline(always)]
    fn run(self, isa: I) {
        check::<I, I::Gf25519>(isa, self);
    }
}

/// Y + X, Y - X, 2 Z, 2 d T and -2 d T of a multiple of A.
type Entry<F> = [<F as Rows>::Row; 5];

#[inline(always)]
fn check<I: Isa, F: Gf25519<Isa = I> + BaseRows<4>>(isa: I, batch: Check<'_>) {
    let zero = Product::<F>::constant(isa, &[0; 4]);
    let (mut xs, mut ys) = (I::group(zero), I::group(zero));
    let mut denominators = I::group(zero.carry());
    let vectors = batch.y.len() / I::LANES;
    let (xs, ys) = (&mut xs.as_mut()[..vectors], &mut ys.as_mut()[..vectors]);
    let denominators = &mut denominators.as_mut()[..vectors];
    let mut table = vec![[F::ZERO; 5]; KEY_ENTRIES * I::LANES];
    for i in 0..vectors {
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        let [x, y] = decode::negatives::<I, F>(
            isa,
            &batch.y[lanes.clone()],
            &batch.odd[lanes.clone()],
            &mut batch.is_point[lanes.clone()],
        );
        tabulate::<I, F>(isa, x, y, &mut table);
        let sum = combine::<I, F>(isa, &table, &batch.h[lanes.clone()], &batch.s[lanes]);
        let sum = sum.projective();
        (xs[i], ys[i], denominators[i]) = (sum.x, sum.y, sum.z.carry());
    }
    invert_all(isa, denominators);
    for i in 0..vectors {
        let lanes = i * I::LANES..(i + 1) * I::LANES;
        let x = (&xs[i].carry() * &denominators[i]).carry();
        let y = (&ys[i].carry() * &denominators[i]).carry();
        encode::<I, F>(&x, &y, &mut batch.points[lanes]);
    }
}

/// y, and the lowest bit of x above it (RFC 8032, section 5.1.2).
#[inline(always)]
fn encode<I: Isa, F: Gf25519<Isa = I>>(x: &Factor<F>, y: &Factor<F>, points: &mut [Integer]) {
    let mut signs = [[0; 4]; MOST_LANES];
    I::store(&x.to_integers(), &mut signs[..I::LANES]);
    I::store(&y.to_integers(), points);
    for (point, sign) in points.iter_mut().zip(&signs) {
        point[3] |= sign[0] << 63;
    }
}

/// The multiples of the point of each lane, from 0 to 16 times, lane by lane.
#[inline(always)]
fn tabulate<I: Isa, F: Gf25519<Isa = I> + Rows>(
    isa: I,
    x: Product<F>,
    y: Product<F>,
    table: &mut [Entry<F>],
) {
    let one = Product::<F>::constant(isa, &[1, 0, 0, 0]);
    let point = Extended {
        x,
        y,
        z: one,
        t: &x.carry() * &y.carry(),
    };
    let (first, [two, _]) = addend::<F>(isa, &point);
    let mut multiple = Completed::identity(isa).extended();
    for (i, entries) in table.chunks_exact_mut(I::LANES).enumerate() {
        if i > 0 {
            multiple = add(&multiple, &first, &multiple.z.carry() * &two).extended();
        }
        let (addend, [twice_z, minus_t]) = addend::<F>(isa, &multiple);
        let coordinates = [addend.plus, addend.minus, twice_z, addend.t, minus_t];
        for (i, coordinate) in coordinates.iter().enumerate() {
            let mut rows = [F::ZERO; MOST_LANES];
            F::scatter(&coordinate.0, &mut rows);
            for (entry, row) in entries.iter_mut().zip(&rows) {
                entry[i] = *row;
            }
        }
    }
}

/// A point as an addend in the scale of 2 Z; and 2 Z and the negative of the addend's t.
#[inline(always)]
pub(crate) fn addend<F: Gf25519>(
    isa: F::Isa,
    p: &Extended<Product<F>>,
) -> (Addend<F>, [Factor<F>; 2]) {
    let zero = Product::constant(isa, &[0; 4]);
    let t = &p.t.carry() * &Product::constant(isa, &TWICE_D).carry();
    let addend = Addend {
        plus: p.y + p.x,
        minus: p.y - p.x,
        t: t.carry(),
    };
    (addend, [p.z + p.z, zero - t])
}

/// `s B + h P`, P being what the table is of.
#[inline(always)]
fn combine<I: Isa, F: Gf25519<Isa = I> + BaseRows<4>>(
    isa: I,
    table: &[Entry<F>],
    h: &[Integer],
    s: &[Integer],
) -> Completed<F> {
    let mut sum = Completed::identity(isa);
    for bit in (0..=TOP).rev() {
        if bit < TOP {
            sum = double(&sum.projective());
        }
        if bit % KEY_WIDTH == 0 {
            let digits = digits(h, |h| KeyDigits::digit(h, bit / KEY_WIDTH));
            sum = add_key::<I, F>(isa, &sum.extended(), table, &digits[..I::LANES]);
        }
        if bit % BASE_WIDTH == 0 {
            let digits = digits(s, |s| BaseDigits::digit(s, bit / BASE_WIDTH));
            sum = add_base::<I, F>(isa, &sum.extended(), &digits[..I::LANES]);
        }
    }
    sum
}

/// A digit of each lane's scalar.
#[inline(always)]
fn digits(scalars: &[Integer], digit: impl Fn(&Integer) -> Digit) -> [Digit; MOST_LANES] {
    let mut digits = [(0, false); MOST_LANES];
    for (to, scalar) in digits.iter_mut().zip(scalars) {
        *to = digit(scalar);
    }
    digits
}

/// Adds the multiple of the point that each lane's digit asks for. A negative digit exchanges
/// Y + X with Y - X, and has the other T.
#[inline(always)]
fn add_key<I: Isa, F: Gf25519<Isa = I> + Rows>(
    isa: I,
    sum: &Extended<Product<F>>,
    table: &[Entry<F>],
    digits: &[Digit],
) -> Completed<F> {
    let zero = F::ZERO;
    let mut rows = [[&zero; MOST_LANES]; 4];
    for (lane, (magnitude, negative)) in digits.iter().enumerate() {
        let [plus, minus, twice_z, t, minus_t] = &table[magnitude * I::LANES + lane];
        let entry = match negative {
            false => [plus, minus, t, twice_z],
            true => [minus, plus, minus_t, twice_z],
        };
        for (rows, row) in rows.iter_mut().zip(entry) {
            rows[lane] = row;
        }
    }
    let [plus, minus, t, twice_z] = &rows;
    let addend = gather_addend::<I, F>(isa, plus, minus, t);
    let twice_z = Factor(F::gather(isa, &twice_z[..I::LANES]));
    add(sum, &addend, &sum.z.carry() * &twice_z)
}

/// Adds the multiple of the base point that each lane's digit asks for, as half of everything: 2 Z
/// of a sum is its Z then.
#[inline(always)]
fn add_base<I: Isa, F: Gf25519<Isa = I> + BaseRows<4>>(
    isa: I,
    sum: &Extended<Product<F>>,
    digits: &[Digit],
) -> Completed<F> {
    let multiples = F::multiples();
    let zero = F::ZERO;
    let mut rows = [[&zero; MOST_LANES]; 3];
    for (lane, (magnitude, negative)) in digits.iter().enumerate() {
        let [plus, minus, t, minus_t] = &multiples[*magnitude];
        let entry = match negative {
            false => [plus, minus, t],
            true => [minus, plus, minus_t],
        };
        for (rows, row) in rows.iter_mut().zip(entry) {
            rows[lane] = row;
        }
    }
    let [plus, minus, t] = &rows;
    let addend = gather_addend::<I, F>(isa, plus, minus, t);
    add(sum, &addend, sum.z)
}

#[inline(always)]
fn gather_addend<I: Isa, F: Gf25519<Isa = I> + Rows>(
    isa: I,
    plus: &[&F::Row; MOST_LANES],
    minus: &[&F::Row; MOST_LANES],
    t: &[&F::Row; MOST_LANES],
) -> Addend<F> {
    Addend {
        plus: Factor(F::gather(isa, &plus[..I::LANES])),
        minus: Factor(F::gather(isa, &minus[..I::LANES])),
        t: Factor(F::gather(isa, &t[..I::LANES])),
    }
}
