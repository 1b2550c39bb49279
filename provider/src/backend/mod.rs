//! The library that computes: AWS-LC or ring, chosen here by features.
//!
//! | Feature | Library | SHA-256, HMAC |
//! |---|---|---|
//! | `fips` | AWS-LC's FIPS module | the module's |
//! | else `aws-lc` | AWS-LC | [`midstate`] beside it |
//! | else `ring` | ring, and curves beside it | ring's |
//!
//! Each library has a folder of the same files with the same functions, and nothing else of
//! this crate knows which it is. What AWS-LC alone can do comes by features that this file
//! refuses to ring.

#[cfg(any(feature = "fips", feature = "aws-lc"))]
mod aws_lc;
#[cfg(all(feature = "aws-lc", not(feature = "fips")))]
mod midstate;
#[cfg(not(any(feature = "fips", feature = "aws-lc")))]
mod ring;

#[cfg(any(feature = "fips", feature = "aws-lc"))]
use aws_lc as library;
#[cfg(not(any(feature = "fips", feature = "aws-lc")))]
use ring as library;

#[cfg(not(all(feature = "aws-lc", not(feature = "fips"))))]
pub(crate) use library::{digest::sha256, hmac::HmacKey};
#[cfg(all(feature = "aws-lc", not(feature = "fips")))]
pub(crate) use midstate::{digest::sha256, hmac::HmacKey};

pub(crate) use library::{ONE_BY_ONE, aead, agreement, digest, ecdsa, ed25519, random};

/// The library's own interface; ring's and AWS-LC's agree as far as tests use them.
#[cfg(test)]
pub(crate) use library::bare;

/// Length in bytes of the longest hash output, SHA-512's.
pub(crate) const MAX_HASH_LEN: usize = 64;
/// The longest Diffie-Hellman secret in bytes, P-521's.
pub(crate) const MAX_DH_LEN: usize = 66;

/// What `mls_fips` is told: features of other crates may link the module without this crate's
/// being built on it.
pub(crate) const REGISTERED: mls_fips::Backend = if cfg!(feature = "fips") {
    mls_fips::Backend::Module
} else if cfg!(feature = "aws-lc") {
    mls_fips::Backend::Other("AWS-LC as it is developed")
} else {
    mls_fips::Backend::Other("ring")
};

#[cfg(all(feature = "fips", feature = "ring"))]
compile_error!(
    "the features `fips` and `ring` are both asked for: FIPS mode needs the module alone; see who asks \
     for `ring` by `cargo tree --edges features --invert openmls_hw_crypto`"
);

#[cfg(not(any(feature = "fips", feature = "aws-lc", feature = "ring")))]
compile_error!("no backend: turn on the feature `aws-lc` (a default), `fips` or `ring`");

#[cfg(all(
    any(
        feature = "ml-kem",
        feature = "p521",
        feature = "virtual-clients-draft"
    ),
    not(any(feature = "fips", feature = "aws-lc"))
))]
compile_error!(
    "ring has no ML-KEM, no ML-DSA, no P-521 and no AES block: the features \
     `draft-ietf-mls-pq-ciphersuites`, `p521` and `virtual-clients-draft` need `aws-lc` or `fips`"
);
