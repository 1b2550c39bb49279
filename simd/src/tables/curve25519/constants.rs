//! What the table of the comb is made of.

use crate::integer::Integer;

/// d of the curve -x^2 + y^2 = 1 + d x^2 y^2: -121665/121666 (RFC 8032, section 5.1).
#[cfg_attr(not(test), allow(dead_code, reason = "for the build script"))]
pub(crate) const D: Integer = [
    0x75eb_4dca_1359_78a3,
    0x0070_0a4d_4141_d8ab,
    0x8cc7_4079_7779_e898,
    0x5203_6cee_2b6f_fe73,
];

/// The number of bits of a window.
pub(crate) const WIDTH: usize = 6;
/// The number of windows: they cover the 252 bits of a clamped scalar above its
/// three lowest.
pub(crate) const WINDOWS: usize = 252 / WIDTH;
/// The number of entries of a window.
pub(crate) const ENTRIES: usize = 1 << (WIDTH - 1);
