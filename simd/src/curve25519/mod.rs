//! The arithmetic of curve25519, over vectors of field elements of any backend.

use crate::integer::Integer;

pub(crate) mod comb;
pub(crate) mod decode;
pub(crate) mod edwards;
pub(crate) mod ladder;
pub(crate) mod vartime;

/// The order of the base point, a prime.
pub(crate) const ORDER: Integer = [
    0x5812_631a_5cf5_d3ed,
    0x14de_f9de_a2f7_9cd6,
    0,
    0x1000_0000_0000_0000,
];

/// Clears and sets the bits of a scalar that RFC 7748, section 5, prescribes.
pub(crate) fn clamp(scalar: &mut Integer) {
    scalar[0] &= !7;
    scalar[3] &= (1 << 63) - 1;
    scalar[3] |= 1 << 62;
}
