//! What the tables are made of.

use crate::integer::Integer;

/// The base point (RFC 8032, section 5.1), x and y.
pub(crate) const BASE: [Integer; 2] = [
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

/// The number of bits of a window.
pub(crate) const WIDTH: usize = 6;
/// The number of windows: they cover the 252 bits of a clamped scalar above its
/// three lowest.
pub(crate) const WINDOWS: usize = 252 / WIDTH;
/// The number of entries of a window.
pub(crate) const ENTRIES: usize = 1 << (WIDTH - 1);

/// The largest multiple of the base point for a public digit.
pub(crate) const LARGEST_DIGIT: usize = 128;
