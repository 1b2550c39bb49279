//! The table of the comb, and one for public digits.
//!
//! Entry `e` of window `w` is the point `(2 e + 1) 64^w Q` with `Q = 4 B`, in the
//! coordinates that the addition wants: (y + x)/2, (y - x)/2 and d x y.

mod constants;

use crate::integer::Integer;
pub(crate) use constants::{BASE, D, ENTRIES, LARGEST_DIGIT, WIDTH, WINDOWS};

/// The coordinates (y + x)/2, (y - x)/2, d x y of a point.
type Entry = [Integer; 3];

/// The entries of all windows.
pub(crate) static MULTIPLES: [[Entry; ENTRIES]; WINDOWS] =
    include!(concat!(env!("OUT_DIR"), "/curve25519_multiples.rs"));

/// The point `(2^252 - 1) Q` that a sum of entries starts from: x, y and x y.
pub(crate) const START: [Integer; 3] = include!(concat!(env!("OUT_DIR"), "/curve25519_start.rs"));

/// The multiples of the base point from 0 to [`LARGEST_DIGIT`] times, in the same coordinates, with
/// -d x y besides.
pub(crate) static SMALL_MULTIPLES: [[Integer; 4]; LARGEST_DIGIT + 1] =
    include!(concat!(env!("OUT_DIR"), "/curve25519_small_multiples.rs"));

/// Twice d.
pub(crate) const TWICE_D: Integer = [
    0xebd6_9b94_26b2_f159,
    0x00e0_149a_8283_b156,
    0x198e_80f2_eef3_d130,
    0x2406_d9dc_56df_fce7,
];
