//! The point formulas that ship are the group law: identities of polynomials, with every
//! exceptional case.

mod curve25519;
mod edwards;
mod nistp256;
