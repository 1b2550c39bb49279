//! Which implementation does what is done for many keys at once.

use openmls_traits::types::HpkeKemType;

use crate::Policy;
use crate::backend::ONE_BY_ONE;
use crate::batch_engine::BatchEngine;
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
