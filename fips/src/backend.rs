//! Which library a provider in this process computes with.
//!
//! Cargo unites features over a whole program: one crate may link the module here while a provider,
//! built for another, computes with something else. Only the provider knows, and says so.

use std::sync::OnceLock;

use crate::FipsError;

/// The library that a provider computes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// AWS-LC's FIPS module, as `aws-lc-rs` links it.
    Module,
    /// Another library, by its name.
    Other(&'static str),
}

/// The first of the other libraries. It stays.
static OTHER: OnceLock<&'static str> = OnceLock::new();

/// Says that a provider in this process computes with `backend`. With any but the module there is no
/// FIPS mode from then on ([`ready`](crate::ready)), and nothing takes that back.
///
/// Whoever implements a provider calls it before it asks for anything else here.
#[inline]
pub fn register(backend: Backend) {
    if let Backend::Other(name) = backend {
        OTHER.get_or_init(|| name);
    }
}

/// Whether every provider that registered computes with the module.
pub(crate) fn check() -> Result<(), FipsError> {
    match OTHER.get() {
        None => Ok(()),
        Some(&name) => Err(FipsError::OtherBackend { name }),
    }
}
