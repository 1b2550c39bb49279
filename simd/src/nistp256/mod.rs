//! The arithmetic of P-256 (SP 800-186, section 3.2.1.3), over vectors of field
//! elements of any backend.

use crate::integer::Integer;

pub(crate) mod comb;
pub(crate) mod multiples;
pub(crate) mod point;
pub(crate) mod vartime;
pub(crate) mod window;

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
