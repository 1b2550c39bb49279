//! The table of the comb of curve25519.

use crate::{
    curve25519_constants::{BASE, D, ENTRIES, LARGEST_DIGIT, WIDTH, WINDOWS},
    integer::Integer,
    modular::gf25519::{Limbs, add, from_integer, mul, sub, to_integer},
};

/// The coordinates (y + x)/2, (y - x)/2, d x y of a point.
type Entry = [Integer; 3];

/// 1/2, which is (2^255 - 18) / 2.
const HALF: Limbs = from_integer(&[u64::MAX - 8, u64::MAX, u64::MAX, (1 << 62) - 1]);

const ONE: Limbs = [1, 0, 0, 0, 0];

/// A point in extended coordinates X, Y, Z, T. All limbs are those of a product.
type Point = [Limbs; 4];

/// The entries of all windows.
pub fn multiples() -> Vec<[Entry; ENTRIES]> {
    let bases = window_bases();
    let windows = bases[..WINDOWS].iter();
    windows
        .map(|first| entries(&odd_multiples(first)))
        .collect()
}

/// The multiples of the base point from 0 to 128 times, for public digits: (y + x)/2, (y - x)/2, d x y
/// and -d x y.
pub fn small_multiples() -> Vec<[Integer; 4]> {
    let next = |point: &Point| Some(add_points(point, &base()));
    let points = std::iter::successors(Some(base()), next);
    let points: Vec<_> = points.take(LARGEST_DIGIT).collect();
    let half = to_integer(&HALF);
    let identity = [half, half, [0; 4]];
    let entries = points.as_chunks().0.iter().flat_map(entries);
    let all = std::iter::once(identity).chain(entries);
    all.map(|[plus, minus, dxy]| [plus, minus, dxy, negative(&dxy)])
        .collect()
}

/// `-a`, below the prime.
fn negative(a: &Integer) -> Integer {
    to_integer(&sub(&[0; 5], &from_integer(a)))
}

/// The point `(2^252 - 1) Q`: x, y and x y.
pub fn start() -> [Integer; 3] {
    let bases = window_bases();
    let [x, y, z, t] = bases[0];
    let minus_q = [reduced_negative(&x), y, z, reduced_negative(&t)];
    let sum = add_points(&bases[WINDOWS], &minus_q);
    let z_inverse = invert(&sum[2]);
    let (x, y) = (mul(&sum[0], &z_inverse), mul(&sum[1], &z_inverse));
    [to_integer(&x), to_integer(&y), to_integer(&mul(&x, &y))]
}

fn base() -> Point {
    let (x, y) = (from_integer(&BASE[0]), from_integer(&BASE[1]));
    [x, y, ONE, mul(&x, &y)]
}

/// The complete addition of Hisil, Wong, Carter and Dawson (2008) for a = -1,
/// with E, F, G and H halved.
fn add_points(p: &Point, q: &Point) -> Point {
    let half_minus = mul(&HALF, &sub(&q[1], &q[0]));
    let half_plus = mul(&HALF, &add(&q[1], &q[0]));
    let a = mul(&sub(&p[1], &p[0]), &half_minus);
    let b = mul(&add(&p[1], &p[0]), &half_plus);
    let c = mul(&mul(&p[3], &from_integer(&D)), &q[3]);
    let d = mul(&p[2], &q[2]);
    let (e, f, g, h) = (sub(&b, &a), sub(&d, &c), add(&d, &c), add(&b, &a));
    [mul(&e, &f), mul(&g, &h), mul(&f, &g), mul(&e, &h)]
}

fn double_times(p: &Point, count: usize) -> Point {
    (0..count).fold(*p, |point, _| add_points(&point, &point))
}

/// The first entry of every window, and the point that follows the last window's.
fn window_bases() -> [Point; WINDOWS + 1] {
    let mut bases = [double_times(&base(), 2); WINDOWS + 1];
    for i in 0..WINDOWS {
        bases[i + 1] = double_times(&bases[i], WIDTH);
    }
    bases
}

fn odd_multiples(first: &Point) -> [Point; ENTRIES] {
    let mut points = [*first; ENTRIES];
    let twice = add_points(first, first);
    for i in 1..ENTRIES {
        points[i] = add_points(&points[i - 1], &twice);
    }
    points
}

/// Makes a window affine, with one inversion (Montgomery's trick).
fn entries(points: &[Point; ENTRIES]) -> [Entry; ENTRIES] {
    let mut prefixes = [ONE; ENTRIES + 1];
    for i in 0..ENTRIES {
        prefixes[i + 1] = mul(&prefixes[i], &points[i][2]);
    }
    let mut inverse = invert(&prefixes[ENTRIES]);
    let mut table = [[[0; 4]; 3]; ENTRIES];
    for i in (0..ENTRIES).rev() {
        table[i] = entry(&points[i], &mul(&inverse, &prefixes[i]));
        inverse = mul(&inverse, &points[i][2]);
    }
    table
}

fn entry(point: &Point, z_inverse: &Limbs) -> Entry {
    let (x, y) = (mul(&point[0], z_inverse), mul(&point[1], z_inverse));
    let dxy = mul(&mul(&x, &y), &from_integer(&D));
    [
        to_integer(&mul(&HALF, &add(&y, &x))),
        to_integer(&mul(&HALF, &sub(&y, &x))),
        to_integer(&dxy),
    ]
}

/// `-a`, as a product.
fn reduced_negative(a: &Limbs) -> Limbs {
    mul(&sub(&[0; 5], a), &ONE)
}

/// `a^(2^255 - 21)`, which is `1 / a`. The exponent's bits are ones but for the
/// bits 2 and 4.
fn invert(a: &Limbs) -> Limbs {
    let mut result = *a;
    for bit in (0..254).rev() {
        result = mul(&result, &result);
        if bit != 2 && bit != 4 {
            result = mul(&result, a);
        }
    }
    result
}
