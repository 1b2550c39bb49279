//! The table of the comb, computed by the compiler.
//!
//! Entry `e` of window `w` is the point `(2 e + 1) 64^w G`, x and y.

use crate::{
    integer::Integer,
    modular::gfp256::{ONE, PRIME, add, from_montgomery, mul, sub, to_montgomery},
};

/// The base point, x and y.
pub(crate) const BASE: [Integer; 2] = [
    [
        0xf4a1_3945_d898_c296,
        0x7703_7d81_2deb_33a0,
        0xf8bc_e6e5_63a4_40f2,
        0x6b17_d1f2_e12c_4247,
    ],
    [
        0xcbb6_4068_37bf_51f5,
        0x2bce_3357_6b31_5ece,
        0x8ee7_eb4a_7c0f_9e16,
        0x4fe3_42e2_fe1a_7f9b,
    ],
];

/// The number of bits of a window.
pub(crate) const WIDTH: usize = 6;
/// The number of windows of a scalar.
pub(crate) const WINDOWS: usize = 256_usize.div_ceil(WIDTH);
/// The number of entries of a window.
pub(crate) const ENTRIES: usize = 1 << (WIDTH - 1);

/// The coordinates x and y of a point.
type Entry = [Integer; 2];

/// The entries of all windows.
pub(crate) static MULTIPLES: [[Entry; ENTRIES]; WINDOWS] = each!(
    entries_of,
    0 1 2 3 4 5 6 7 8 9 10 11 12 13
    14 15 16 17 18 19 20 21 22 23 24 25 26 27
    28 29 30 31 32 33 34 35 36 37 38 39 40 41
    42
);

/// A point in Jacobian coordinates X, Y, Z, in Montgomery form.
type Point = [Integer; 3];

const fn times(count: usize, a: &Integer) -> Integer {
    let mut result = *a;
    let mut i = 1;
    while i < count {
        result = add(&result, a);
        i += 1;
    }
    result
}

/// Twice a point that is not the identity (Bernstein and Lange's dbl-2001-b).
const fn double(p: &Point) -> Point {
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
const fn add_points(p: &Point, q: &Point) -> Point {
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

const fn odd_multiples(first: &Point) -> [Point; ENTRIES] {
    let mut points = [*first; ENTRIES];
    let twice = double(first);
    let mut i = 1;
    while i < ENTRIES {
        points[i] = add_points(&points[i - 1], &twice);
        i += 1;
    }
    points
}

/// The first entry of every window.
const BASES: [Point; WINDOWS] = window_bases();

const fn window_bases() -> [Point; WINDOWS] {
    let mut bases = [[to_montgomery(&BASE[0]), to_montgomery(&BASE[1]), ONE]; WINDOWS];
    let mut i = 1;
    while i < WINDOWS {
        bases[i] = bases[i - 1];
        let mut bit = 0;
        while bit < WIDTH {
            bases[i] = double(&bases[i]);
            bit += 1;
        }
        i += 1;
    }
    bases
}

const fn entries_of(window: usize) -> [Entry; ENTRIES] {
    entries(&odd_multiples(&BASES[window]))
}

/// Makes a window affine, with one inversion (Montgomery's trick).
const fn entries(points: &[Point; ENTRIES]) -> [Entry; ENTRIES] {
    let mut prefixes = [ONE; ENTRIES + 1];
    let mut i = 0;
    while i < ENTRIES {
        prefixes[i + 1] = mul(&prefixes[i], &points[i][2]);
        i += 1;
    }
    let mut inverse = invert(&prefixes[ENTRIES]);
    let mut table = [[[0; 4]; 2]; ENTRIES];
    while i > 0 {
        i -= 1;
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
const fn invert(a: &Integer) -> Integer {
    let mut result = ONE;
    let mut bit = 256;
    while bit > 0 {
        bit -= 1;
        result = mul(&result, &result);
        let word = if bit < 64 {
            PRIME[0] - 2
        } else {
            PRIME[bit / 64]
        };
        if word >> (bit % 64) & 1 == 1 {
            result = mul(&result, a);
        }
    }
    result
}
