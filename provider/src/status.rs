//! Which implementation does what is done for many keys at once.

use std::fmt;

use openmls_traits::types::HpkeKemType;

use crate::Policy;
use crate::hpke::kem::DhKem;
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
    /// none, and then AWS-LC does everything.
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
        /// The number of keys from which on they are used; AWS-LC does fewer.
        from: usize,
    },
    /// AWS-LC, one key at a time on each thread.
    AwsLc,
}

impl Status {
    pub(crate) fn now(policy: Option<Policy>) -> Self {
        const KEMS: [HpkeKemType; 4] = [
            HpkeKemType::DhKem25519,
            HpkeKemType::DhKemP256,
            HpkeKemType::DhKemP384,
            HpkeKemType::DhKemP521,
        ];
        Self {
            policy,
            lanes: lanes::selected(),
            batches: KEMS.iter().map(|&kem| (kem, engine(kem))).collect(),
        }
    }
}

fn engine(kem: HpkeKemType) -> BatchEngine {
    let curve = DhKem::of(kem).ok().and_then(|kem| kem.lanes);
    let lanes = curve.and_then(Lanes::of);
    match lanes.and_then(|lanes| Some((lanes.name(), lanes.break_even()?))) {
        Some((backend, from)) => BatchEngine::Lanes { backend, from },
        None => BatchEngine::AwsLc,
    }
}

impl fmt::Display for BatchEngine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lanes { backend, from } => {
                write!(formatter, "{backend} lanes from {from} keys on")
            }
            Self::AwsLc => formatter.write_str("AWS-LC"),
        }
    }
}
