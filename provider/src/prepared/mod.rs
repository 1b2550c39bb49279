#![doc = include_str!("../../docs/prepared.md")]

mod encapsulations;
mod error;
mod lookup;
mod verifications;

pub use encapsulations::PreparedSeals;
pub use error::PrepareError;
pub use verifications::PreparedVerifications;

pub use crate::signature::SignedMessage;

pub(crate) use encapsulations::EncapsulationStore;
pub(crate) use verifications::VerificationStore;

/// The most encapsulations, and the most verifications, that one
/// [`HwCrypto`](crate::HwCrypto) and its clones hold at a time, over all guards.
pub const MAX_PREPARED: usize = 1 << 20;
