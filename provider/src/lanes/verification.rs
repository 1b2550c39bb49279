//! Signatures verified in the lanes of `mls_lanes`, in variable time: all of them are public.

use mls_lanes::{
    Backend, Operation,
    vartime::{ed25519, p256},
};

use super::{LaneScheme, LaneSignature, LaneVerdict};
use crate::hash::sha256;

/// The lanes for a scheme.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Verification {
    backend: Backend,
    break_even: usize,
}

impl Verification {
    /// The lanes for `scheme`, if this CPU has any that are faster than AWS-LC.
    pub(crate) fn of(scheme: LaneScheme) -> Option<Self> {
        let backend = Backend::selected().ok()?;
        let break_even = backend.break_even(match scheme {
            LaneScheme::Ed25519 => Operation::Ed25519Verification,
            LaneScheme::P256 => Operation::P256Verification,
        })?;
        Some(Self {
            backend,
            break_even,
        })
    }

    /// The number of signatures from which lanes take less time than AWS-LC.
    pub(crate) fn break_even(&self) -> usize {
        self.break_even
    }

    /// How many signatures are verified at once.
    pub(crate) fn width(&self) -> usize {
        self.backend.lanes()
    }

    /// What Ed25519's equation says of each signature, in their order; keys and R of small order are
    /// no matter to it.
    pub(crate) fn ed25519(&self, signed: &[LaneSignature<'_, 32>]) -> Vec<LaneVerdict> {
        let signed: Vec<_> = signed
            .iter()
            .map(|signed| ed25519::Signed {
                key: signed.key,
                message: signed.message,
                signature: &signed.signature,
            })
            .collect();
        let verdicts = ed25519::verify(self.backend, &signed).into_iter();
        verdicts
            .map(|good| match good {
                true => LaneVerdict::Good,
                false => LaneVerdict::Bad,
            })
            .collect()
    }

    /// What ECDSA with P-256 and SHA-256 says of each signature, in their order.
    pub(crate) fn p256(&self, signed: &[LaneSignature<'_, 65>]) -> Vec<LaneVerdict> {
        let digests: Vec<_> = signed
            .iter()
            .map(|signed| sha256([signed.message]))
            .collect();
        let signed: Vec<_> = signed
            .iter()
            .zip(&digests)
            .map(|(signed, digest)| p256::Signed {
                key: signed.key,
                digest,
                signature: &signed.signature,
            })
            .collect();
        let verdicts = p256::verify(self.backend, &signed).into_iter();
        verdicts
            .map(|verdict| match verdict {
                p256::Verdict::Good => LaneVerdict::Good,
                p256::Verdict::Bad => LaneVerdict::Bad,
                p256::Verdict::Unknown => LaneVerdict::Unknown,
            })
            .collect()
    }
}
