//! The arithmetic of P-256 (SP 800-186, section 3.2.1.3), over vectors of field
//! elements of any backend.

use crate::isa::Integer;

pub(crate) mod comb;
pub(crate) mod inverse;
pub(crate) mod multiples;
pub(crate) mod point;
pub(crate) mod table;
pub(crate) mod window;

/// 2^256 - 2^224 + 2^192 + 2^96 - 1.
pub(crate) const PRIME: Integer = [
    0xffff_ffff_ffff_ffff,
    0x0000_0000_ffff_ffff,
    0,
    0xffff_ffff_0000_0001,
];

/// The order of the curve, a prime.
pub(crate) const ORDER: Integer = [
    0xf3b9_cac2_fc63_2551,
    0xbce6_faad_a717_9e84,
    0xffff_ffff_ffff_ffff,
    0xffff_ffff_0000_0000,
];

/// b of the curve y^2 = x^3 - 3 x + b.
pub(crate) const B: Integer = [
    0x3bce_3c3e_27d2_604b,
    0x651d_06b0_cc53_b0f6,
    0xb3eb_bd55_7698_86bc,
    0x5ac6_35d8_aa3a_93e7,
];

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
