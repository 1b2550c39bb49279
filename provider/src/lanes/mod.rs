//! Ephemeral key agreements, public keys and verifications for many keys at once, outside of the
//! backend.
//!
//! By the lanes of `mls_lanes`; a build with the FIPS module has none, and everything that
//! could use them does without.

#[cfg(feature = "fips")]
mod none;
mod private_keys;
#[cfg(not(feature = "fips"))]
mod simd;
#[cfg(not(feature = "fips"))]
mod verification;

use openmls_traits::types::CryptoError;

pub(crate) use private_keys::PrivateKeys;

#[cfg(feature = "fips")]
pub(crate) use none::{Lanes, SharedSecret, Verification, selected};
#[cfg(not(feature = "fips"))]
pub(crate) use simd::{Lanes, SharedSecret, selected};
#[cfg(not(feature = "fips"))]
pub(crate) use verification::Verification;

/// The most exchanges computed together: they share a field inversion, and take
/// no less time each in greater number.
pub(crate) const BATCH: usize = 64;

/// The length of a private key of either curve, in bytes.
const PRIVATE_LEN: usize = 32;

/// A curve that lanes compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaneCurve {
    X25519,
    P256,
}

/// A signature scheme that lanes verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LaneScheme {
    Ed25519,
    P256,
}

/// A signature for lanes, of which nobody has found anything wrong so far. All of it is public.
#[cfg_attr(feature = "fips", allow(dead_code, reason = "no lanes look at it"))]
pub(crate) struct LaneSignature<'a, const KEY: usize> {
    pub(crate) key: &'a [u8; KEY],
    pub(crate) message: &'a [u8],
    /// R and S, or r and s, of 32 bytes each.
    pub(crate) signature: [u8; 64],
}

/// What lanes say of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "fips", allow(dead_code, reason = "no lanes say it"))]
pub(crate) enum LaneVerdict {
    Good,
    Bad,
    /// The backend must be asked.
    Unknown,
}

/// The outcome of one exchange of a batch: the encoded ephemeral public key, and
/// the Diffie-Hellman secret.
pub(crate) type Exchanged<'a> = Result<(&'a [u8], &'a SharedSecret), CryptoError>;

/// Why there are no lanes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoLanes {
    /// The environment asks for an instruction set that is unknown or not there.
    #[error("{0}")]
    Backend(String),
    /// The FIPS module does everything, and nothing beside it is linked.
    #[error("built with the feature `fips`: the FIPS module does everything")]
    FipsBuild,
}
