//! The table of the comb.
//!
//! Entry `e` of window `w` is the point `(2 e + 1) 64^w G`, x and y.

mod constants;

use crate::integer::Integer;
pub(crate) use constants::{BASE, ENTRIES, WIDTH, WINDOWS};

/// The coordinates x and y of a point.
type Entry = [Integer; 2];

/// The entries of all windows.
#[cfg(test)]
pub(crate) static MULTIPLES: [[Entry; ENTRIES]; WINDOWS] =
    include!(concat!(env!("OUT_DIR"), "/nistp256_multiples.rs"));

/// The entries times 2^256 modulo the prime: the Montgomery form of the portable backend.
pub(crate) static TIMES_2_TO_256: [[Entry; ENTRIES]; WINDOWS] =
    include!(concat!(env!("OUT_DIR"), "/nistp256_times_2_to_256.rs"));

/// The entries times 2^260 modulo the prime: the Montgomery form of the vector backends.
#[cfg(target_arch = "x86_64")]
pub(crate) static TIMES_2_TO_260: [[Entry; ENTRIES]; WINDOWS] =
    include!(concat!(env!("OUT_DIR"), "/nistp256_times_2_to_260.rs"));
