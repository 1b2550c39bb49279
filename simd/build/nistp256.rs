//! The table of the comb of P-256.

use crate::{
    integer::{Integer, add_integers, choose, sub_integers},
    modular::gfp256::{PRIME, add, mul, power_of_two, to_montgomery},
    nistp256_constants::{BASE, ENTRIES, ODD_DIGITS, WIDTH, WINDOWS},
};

/// The coordinates x and y of a point.
type Entry = [Integer; 2];

/// A point in Jacobian coordinates X, Y, Z, in Montgomery form.
type Point = [Integer; 3];

/// 2^256 modulo the prime: one, in Montgomery form.
const ONE: Integer = power_of_two(256);

/// The entries of all windows.
pub fn multiples() -> Vec<[Entry; ENTRIES]> {
    let bases = window_bases();
    bases
        .iter()
        .map(|first| entries(&odd_multiples(first)))
        .collect()
}

/// The odd multiples of the base point, 1, 3, 5 and so on times, for public digits: x, 2 y and -2 y.
pub fn small_multiples() -> Vec<[Integer; 3]> {
    let twice = double(&base());
    let next = |point: &Point| Some(add_points(point, &twice));
    let points = std::iter::successors(Some(base()), next);
    let points: Vec<_> = points.take(ODD_DIGITS).collect();
    let entries = points.as_chunks().0.iter().flat_map(entries);
    entries
        .map(|[x, y]| {
            let twice_y = add(&y, &y);
            [x, twice_y, sub(&[0; 4], &twice_y)]
        })
        .collect()
}

/// The entries, times 2^`exponent` modulo the prime: a Montgomery form of theirs.
pub fn montgomery(exponent: usize, multiples: &[[Entry; ENTRIES]]) -> Vec<[Entry; ENTRIES]> {
    let windows = multiples.iter();
    windows
        .map(|entries| entries.map(|entry| entry.map(|a| times_power(&a, exponent))))
        .collect()
}

/// The same of the small multiples.
pub fn small_montgomery(exponent: usize, multiples: &[[Integer; 3]]) -> Vec<[Integer; 3]> {
    let entries = multiples.iter();
    entries
        .map(|entry| entry.map(|a| times_power(&a, exponent)))
        .collect()
}

/// `a` times 2^`exponent` modulo the prime.
fn times_power(a: &Integer, exponent: usize) -> Integer {
    mul(a, &to_montgomery(&power_of_two(exponent)))
}

fn times(count: usize, a: &Integer) -> Integer {
    (1..count).fold(*a, |sum, _| add(&sum, a))
}

/// `a - b` modulo the prime.
fn sub(a: &Integer, b: &Integer) -> Integer {
    let (difference, borrow) = sub_integers(a, b);
    let (wrapped, _) = add_integers(&difference, &PRIME);
    choose(borrow, &wrapped, &difference)
}

/// The integer below the prime of a Montgomery form.
fn from_montgomery(a: &Integer) -> Integer {
    mul(a, &[1, 0, 0, 0])
}

/// Twice a point that is not the identity (Bernstein and Lange's dbl-2001-b).
fn double(p: &Point) -> Point {
    let (delta, gamma) = (mul(&p[2], &p[2]), mul(&p[1], &p[1]));
    let beta = mul(&p[0], &gamma);
    let alpha = times(3, &mul(&sub(&p[0], &delta), &add(&p[0], &delta)));
    let x = sub(&mul(&alpha, &alpha), &times(8, &beta));
    let y = mul(&alpha, &sub(&times(4, &beta), &x));
    [
        x,
        sub(&y, &times(8, &mul(&gamma, &gamma))),
        times(2, &mul(&p[1], &p[2])),
    ]
}

/// The sum of points that are neither equal nor opposite, nor the identity.
fn add_points(p: &Point, q: &Point) -> Point {
    let (z1z1, z2z2) = (mul(&p[2], &p[2]), mul(&q[2], &q[2]));
    let (u1, u2) = (mul(&p[0], &z2z2), mul(&q[0], &z1z1));
    let (s1, s2) = (
        mul(&p[1], &mul(&q[2], &z2z2)),
        mul(&q[1], &mul(&p[2], &z1z1)),
    );
    let (h, r) = (sub(&u2, &u1), sub(&s2, &s1));
    let hh = mul(&h, &h);
    let (hhh, v) = (mul(&h, &hh), mul(&u1, &hh));
    let x = sub(&sub(&mul(&r, &r), &hhh), &times(2, &v));
    let y = sub(&mul(&r, &sub(&v, &x)), &mul(&s1, &hhh));
    [x, y, mul(&h, &mul(&p[2], &q[2]))]
}

fn base() -> Point {
    [to_montgomery(&BASE[0]), to_montgomery(&BASE[1]), ONE]
}

/// The first entry of every window.
fn window_bases() -> [Point; WINDOWS] {
    let mut bases = [base(); WINDOWS];
    for i in 1..WINDOWS {
        bases[i] = (0..WIDTH).fold(bases[i - 1], |point, _| double(&point));
    }
    bases
}

fn odd_multiples(first: &Point) -> [Point; ENTRIES] {
    let mut points = [*first; ENTRIES];
    let twice = double(first);
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
    let mut table = [[[0; 4]; 2]; ENTRIES];
    for i in (0..ENTRIES).rev() {
        let z_inverse = mul(&inverse, &prefixes[i]);
        let square = mul(&z_inverse, &z_inverse);
        let x = mul(&points[i][0], &square);
        let y = mul(&points[i][1], &mul(&square, &z_inverse));
        table[i] = [from_montgomery(&x), from_montgomery(&y)];
        inverse = mul(&inverse, &points[i][2]);
    }
    table
}

/// `a^(p - 2)`, which is `1 / a`.
fn invert(a: &Integer) -> Integer {
    let mut exponent = PRIME;
    exponent[0] -= 2;
    (0..256).rev().fold(ONE, |power, bit| {
        let square = mul(&power, &power);
        match exponent[bit / 64] >> (bit % 64) & 1 {
            1 => mul(&square, a),
            _ => square,
        }
    })
}
