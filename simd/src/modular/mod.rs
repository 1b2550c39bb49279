//! Arithmetic modulo the primes and the orders of both curves, on one element at a time.

pub(crate) mod gf25519;
pub(crate) mod gfp256;
pub(crate) mod order;
