//! No lanes: types that have no values, so that what would use one is never reached.

use openmls_traits::types::CryptoError;

use super::{Exchanged, LaneCurve, LaneScheme, LaneSignature, LaneVerdict, NoLanes, PrivateKeys};

/// There is none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lanes {}

/// There is none.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Verification {}

/// There is none.
pub(crate) enum SharedSecret {}

/// Always an error.
pub(crate) fn selected() -> Result<&'static str, NoLanes> {
    Err(NoLanes::FipsBuild)
}

impl SharedSecret {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        match *self {}
    }
}

impl Lanes {
    pub(crate) fn of(_: LaneCurve) -> Option<Self> {
        None
    }

    pub(crate) fn break_even(&self) -> Option<usize> {
        match *self {}
    }

    pub(crate) fn name(&self) -> &'static str {
        match *self {}
    }

    pub(crate) fn width(&self) -> usize {
        match *self {}
    }

    pub(crate) fn exchange<K: AsRef<[u8]>>(
        &self,
        _: &PrivateKeys,
        _: &[K],
        _: impl FnMut(usize, Exchanged<'_>),
    ) {
        match *self {}
    }

    pub(crate) fn public_keys(
        &self,
        _: &PrivateKeys,
        _: impl FnMut(usize, Result<&[u8], CryptoError>),
    ) {
        match *self {}
    }
}

impl Verification {
    pub(crate) fn of(_: LaneScheme) -> Option<Self> {
        None
    }

    pub(crate) fn break_even(&self) -> usize {
        match *self {}
    }

    pub(crate) fn width(&self) -> usize {
        match *self {}
    }

    pub(crate) fn ed25519(&self, _: &[LaneSignature<'_, 32>]) -> Vec<LaneVerdict> {
        match *self {}
    }

    pub(crate) fn p256(&self, _: &[LaneSignature<'_, 65>]) -> Vec<LaneVerdict> {
        match *self {}
    }
}
