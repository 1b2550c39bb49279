//! Whether the store can keep what is given to it.

use std::time::{Duration, Instant};

use super::error::StoreError;
use crate::sync::{Mutex, locked};

/// How the store is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreHealth {
    /// Whether the last transaction was durable. Where it is not, claims are refused, and the
    /// database is tried again several times a second.
    pub available: bool,
    /// For how long it has been so.
    pub since: Duration,
    /// Why it is not available.
    pub reason: Option<String>,
}

pub(super) struct HealthBoard(Mutex<Availability>);

struct Availability {
    failure: Option<StoreError>,
    since: Instant,
}

impl Default for HealthBoard {
    fn default() -> Self {
        Self(Mutex::new(Availability {
            failure: None,
            since: Instant::now(),
        }))
    }
}

impl HealthBoard {
    pub(super) fn available(&self) {
        let mut state = locked(&self.0);
        if state.failure.take().is_some() {
            tracing::info!(after = ?state.since.elapsed(), "the store is available again");
            state.since = Instant::now();
        }
    }

    pub(super) fn failed(&self, error: &StoreError) {
        let mut state = locked(&self.0);
        if state.failure.is_none() {
            tracing::error!(%error, "the store failed");
            state.since = Instant::now();
        }
        state.failure = Some(error.clone());
    }

    /// Why nothing can be kept at present.
    pub(super) fn reason(&self) -> StoreError {
        let failure = locked(&self.0).failure.clone();
        failure.unwrap_or_else(|| StoreError::unavailable("it is being opened again"))
    }

    /// An error where nothing can be kept at present.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        locked(&self.0).failure.clone().map_or(Ok(()), Err)
    }

    pub(super) fn health(&self) -> StoreHealth {
        let state = locked(&self.0);
        StoreHealth {
            available: state.failure.is_none(),
            since: state.since.elapsed(),
            reason: state.failure.as_ref().map(ToString::to_string),
        }
    }
}
