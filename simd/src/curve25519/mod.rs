//! The arithmetic of curve25519, over vectors of field elements of any backend.

pub(crate) mod comb;
pub(crate) mod ladder;

/// Clears and sets the bits of a scalar that RFC 7748, section 5, prescribes.
pub(crate) fn clamp(scalar: &mut crate::integer::Integer) {
    scalar[0] &= !7;
    scalar[3] &= (1 << 63) - 1;
    scalar[3] |= 1 << 62;
}
