//! Arithmetic modulo the primes of both curves, on one element at a time.

pub(crate) mod gf25519;
pub(crate) mod gfp256;
