//! AWS-LC, through `aws-lc-rs`: the only files that call it, but for what it alone can do.
//!
//! Every call of it is [`observe`](mls_fips::observe)d by itself.

pub(crate) mod aead;
pub(crate) mod agreement;
pub(crate) mod digest;
pub(crate) mod ecdsa;
pub(crate) mod ed25519;
#[cfg(feature = "fips")]
pub(crate) mod hmac;
pub(crate) mod random;

#[cfg(test)]
pub(crate) use aws_lc_rs as bare;

use crate::BatchEngine;

/// Who does what is not worth lanes.
pub(crate) const ONE_BY_ONE: BatchEngine = BatchEngine::AwsLc;
