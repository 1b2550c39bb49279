//! The table of the comb.
//!
//! Entry `e` of window `w` is the point `(2 e + 1) 64^w Q` with `Q = 4 B`, in the
//! coordinates that the addition wants: (y + x)/2, (y - x)/2 and d x y.

mod constants;

use crate::integer::Integer;
#[cfg(test)]
pub(crate) use constants::D;
pub(crate) use constants::{ENTRIES, WIDTH, WINDOWS};

/// The coordinates (y + x)/2, (y - x)/2, d x y of a point.
type Entry = [Integer; 3];

/// The entries of all windows.
pub(crate) static MULTIPLES: [[Entry; ENTRIES]; WINDOWS] =
    include!(concat!(env!("OUT_DIR"), "/curve25519_multiples.rs"));

/// The point `(2^252 - 1) Q` that a sum of entries starts from: x, y and x y.
pub(crate) const START: [Integer; 3] = include!(concat!(env!("OUT_DIR"), "/curve25519_start.rs"));
