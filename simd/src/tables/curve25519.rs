//! The table of the comb, computed by the compiler.
//!
//! Entry `e` of window `w` is the point `(2 e + 1) 64^w Q` with `Q = 4 B`, in the
//! coordinates that the addition wants: (y + x)/2, (y - x)/2 and d x y.

use crate::{
    integer::Integer,
    modular::gf25519::{Limbs, add, from_integer, mul, sub, to_integer},
};

/// The number of bits of a window.
pub(crate) const WIDTH: usize = 6;
/// The number of windows: they cover the 252 bits of a clamped scalar above its
/// three lowest.
pub(crate) const WINDOWS: usize = 252 / WIDTH;
/// The number of entries of a window.
pub(crate) const ENTRIES: usize = 1 << (WIDTH - 1);

/// The coordinates (y + x)/2, (y - x)/2, d x y of a point.
type Entry = [Integer; 3];

/// The entries of all windows.
pub(crate) static MULTIPLES: [[Entry; ENTRIES]; WINDOWS] = each!(
    entries_of,
    0 1 2 3 4 5 6 7 8 9 10 11 12 13
    14 15 16 17 18 19 20 21 22 23 24 25 26 27
    28 29 30 31 32 33 34 35 36 37 38 39 40 41
);

/// The point `(2^252 - 1) Q` that a sum of entries starts from: x, y and x y.
pub(crate) const START: [Integer; 3] = start();

/// The base point (RFC 8032, section 5.1), x and y.
const BASE: [Integer; 2] = [
    [
        0xc956_2d60_8f25_d51a,
        0x692c_c760_9525_a7b2,
        0xc0a4_e231_fdd6_dc5c,
        0x2169_36d3_cd6e_53fe,
    ],
    [
        0x6666_6666_6666_6658,
        0x6666_6666_6666_6666,
        0x6666_6666_6666_6666,
        0x6666_6666_6666_6666,
    ],
];

/// d of the curve -x^2 + y^2 = 1 + d x^2 y^2: -121665/121666 (RFC 8032, section 5.1).
pub(crate) const D: Integer = [
    0x75eb_4dca_1359_78a3,
    0x0070_0a4d_4141_d8ab,
    0x8cc7_4079_7779_e898,
    0x5203_6cee_2b6f_fe73,
];

/// 1/2, which is (2^255 - 18) / 2.
const HALF: Limbs = from_integer(&[u64::MAX - 8, u64::MAX, u64::MAX, (1 << 62) - 1]);

const ONE: Limbs = [1, 0, 0, 0, 0];

/// A point in extended coordinates X, Y, Z, T. All limbs are those of a product.
type Point = [Limbs; 4];

const fn base() -> Point {
    let (x, y) = (from_integer(&BASE[0]), from_integer(&BASE[1]));
    [x, y, ONE, mul(&x, &y)]
}

/// The complete addition of Hisil, Wong, Carter and Dawson (2008) for a = -1,
/// with E, F, G and H halved.
const fn add_points(p: &Point, q: &Point) -> Point {
    let half_minus = mul(&HALF, &sub(&q[1], &q[0]));
    let half_plus = mul(&HALF, &add(&q[1], &q[0]));
    let a = mul(&sub(&p[1], &p[0]), &half_minus);
    let b = mul(&add(&p[1], &p[0]), &half_plus);
    let c = mul(&mul(&p[3], &from_integer(&D)), &q[3]);
    let d = mul(&p[2], &q[2]);
    let (e, f, g, h) = (sub(&b, &a), sub(&d, &c), add(&d, &c), add(&b, &a));
    [mul(&e, &f), mul(&g, &h), mul(&f, &g), mul(&e, &h)]
}

const fn double_times(p: &Point, count: usize) -> Point {
    let mut result = *p;
    let mut i = 0;
    while i < count {
        result = add_points(&result, &result);
        i += 1;
    }
    result
}

/// The first entry of every window, and the point that follows the last window's.
const BASES: [Point; WINDOWS + 1] = window_bases();

const fn window_bases() -> [Point; WINDOWS + 1] {
    let mut bases = [double_times(&base(), 2); WINDOWS + 1];
    let mut i = 0;
    while i < WINDOWS {
        bases[i + 1] = double_times(&bases[i], WIDTH);
        i += 1;
    }
    bases
}

const fn odd_multiples(first: &Point) -> [Point; ENTRIES] {
    let mut points = [*first; ENTRIES];
    let twice = add_points(first, first);
    let mut i = 1;
    while i < ENTRIES {
        points[i] = add_points(&points[i - 1], &twice);
        i += 1;
    }
    points
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
    let mut table = [[[0; 4]; 3]; ENTRIES];
    while i > 0 {
        i -= 1;
        table[i] = entry(&points[i], &mul(&inverse, &prefixes[i]));
        inverse = mul(&inverse, &points[i][2]);
    }
    table
}

const fn entry(point: &Point, z_inverse: &Limbs) -> Entry {
    let (x, y) = (mul(&point[0], z_inverse), mul(&point[1], z_inverse));
    let dxy = mul(&mul(&x, &y), &from_integer(&D));
    [
        to_integer(&mul(&HALF, &add(&y, &x))),
        to_integer(&mul(&HALF, &sub(&y, &x))),
        to_integer(&dxy),
    ]
}

const fn start() -> [Integer; 3] {
    let [x, y, z, t] = BASES[0];
    let minus_q = [reduced_negative(&x), y, z, reduced_negative(&t)];
    let sum = add_points(&BASES[WINDOWS], &minus_q);
    let z_inverse = invert(&sum[2]);
    let (x, y) = (mul(&sum[0], &z_inverse), mul(&sum[1], &z_inverse));
    [to_integer(&x), to_integer(&y), to_integer(&mul(&x, &y))]
}

/// `-a`, as a product.
const fn reduced_negative(a: &Limbs) -> Limbs {
    mul(&sub(&[0; 5], a), &ONE)
}

/// `a^(2^255 - 21)`, which is `1 / a`. The exponent's bits are ones but for the
/// bits 2 and 4.
const fn invert(a: &Limbs) -> Limbs {
    let mut result = *a;
    let mut bit = 254;
    while bit > 0 {
        bit -= 1;
        result = mul(&result, &result);
        if bit != 2 && bit != 4 {
            result = mul(&result, a);
        }
    }
    result
}
