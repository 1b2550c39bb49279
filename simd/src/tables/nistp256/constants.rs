//! What the tables are made of.

use crate::integer::Integer;

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

/// How many odd multiples of the base point there are for public digits.
pub(crate) const ODD_DIGITS: usize = 128;
