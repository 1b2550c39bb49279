//! Whether the store can keep what is given to it.

use std::time::Instant;

use super::error::StoreError;
use crate::sync::{Mutex, locked};

/// Why nothing can be kept at present, and since when.
#[derive(Default)]
pub(super) struct HealthBoard(Mutex<Option<(StoreError, Instant)>>);

impl HealthBoard {
    /// To be called after [`failed`](Self::failed) has passed, which
    /// [`StoreError::Rewritten`] never does.
    pub(super) fn available(&self) {
        if let Some((_, since)) = locked(&self.0).take() {
            tracing::info!(after = ?since.elapsed(), "the store is available again");
        }
    }

    pub(super) fn failed(&self, error: &StoreError) {
        let mut failure = locked(&self.0);
        if matches!(&*failure, Some((StoreError::Rewritten { .. }, _))) {
            return;
        }
        let since = failure.take().map(|(_, since)| since);
        if let StoreError::Rewritten { .. } = error {
            tracing::error!(%error, "ALARM: nothing is signed or recorded any more");
        } else if since.is_none() {
            tracing::error!(%error, "the store failed");
        }
        *failure = Some((error.clone(), since.unwrap_or_else(Instant::now)));
    }

    /// An error where nothing can be kept at present.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match &*locked(&self.0) {
            Some((error, _)) => Err(error.clone()),
            None => Ok(()),
        }
    }
}
