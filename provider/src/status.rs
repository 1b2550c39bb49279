//! Which implementation does what is done for many keys at once.

use std::fmt;

use openmls_traits::types::HpkeKemType;

use crate::Policy;
use crate::backend::ONE_BY_ONE;
use crate::hpke::kem::{KEMS, Kem};
use crate::lanes::{self, Lanes, NoLanes};

/// Who does what [`HwCrypto`](crate::HwCrypto) does for many keys at once, on this CPU
/// and in this environment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// What FIPS mode lets run; `None` outside of FIPS mode.
    pub policy: Option<Policy>,
    /// The instruction set of the lanes; an error if the environment variable
    /// `MLS_LANES_BACKEND` asks for one that is unknown or not there, or if this build has
    /// none, and then everything is done one key at a time.
    pub lanes: Result<&'static str, NoLanes>,
    /// Who does the encapsulations of each KEM.
    pub batches: Vec<(HpkeKemType, BatchEngine)>,
}

/// Who encapsulates to many keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchEngine {
    /// The lanes of `mls_lanes`.
    Lanes {
        /// The name of the instruction set.
        backend: &'static str,
        /// The number of keys from which on they are used; fewer are done one at a time.
        from: usize,
    },
    /// AWS-LC, one key at a time on each thread.
    AwsLc,
    /// What the build with ring does Diffie-Hellman by, one key at a time on each thread.
    Ring,
}

impl Status {
    pub(crate) fn now(policy: Option<Policy>) -> Self {
        Self {
            policy,
            lanes: lanes::selected(),
            batches: KEMS.iter().map(|&(kem, row)| (kem, engine(row))).collect(),
        }
    }
}

fn engine(kem: &dyn Kem) -> BatchEngine {
    let lanes = kem.in_lanes().and_then(|(curve, _)| Lanes::of(curve));
    match lanes.and_then(|lanes| Some((lanes.name(), lanes.break_even()?))) {
        Some((backend, from)) => BatchEngine::Lanes { backend, from },
        None => ONE_BY_ONE,
    }
}

impl fmt::Display for BatchEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lanes { backend, from } => {
                write!(formatter, "{backend} lanes from {from} keys on")
            }
            Self::AwsLc => formatter.write_str("AWS-LC"),
            Self::Ring => formatter.write_str("one by one, beside ring"),
        }
    }
}
