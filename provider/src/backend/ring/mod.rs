//! ring, for targets where AWS-LC cannot be built, and what ring has not: static
//! Diffie-Hellman keys.
//!
//! It has no FIPS module, so nothing is observed, and FIPS mode is not to be had. Its own
//! structures are not wiped when they are dropped: what is on the heap of ours is.

pub(crate) mod aead;
pub(crate) mod agreement;
pub(crate) mod digest;
pub(crate) mod ecdsa;
pub(crate) mod ed25519;
pub(crate) mod hmac;
pub(crate) mod random;

#[cfg(test)]
pub(crate) use ::ring as bare;

use crate::BatchEngine;

/// Who does what is not worth lanes.
pub(crate) const ONE_BY_ONE: BatchEngine = BatchEngine::Ring;
