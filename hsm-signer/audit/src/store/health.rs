//! Whether the store can keep what is given to it.

use std::time::Instant;

use super::error::StoreError;
use crate::sync::{Mutex, locked};

/// Why nothing can be kept at present, and since when.
#[derive(Default)]
pub(super) struct HealthBoard(Mutex<Option<(StoreError, Instant)>>);

impl HealthBoard {
    /// To be called after [`failed`](Self::failed) has passed, which a failure that is final
    /// never does.
    pub(super) fn available(&self) {
        if let Some((_, since)) = locked(&self.0).take() {
            tracing::info!(after = ?since.elapsed(), "the store is available again");
        }
    }

    pub(super) fn failed(&self, error: &StoreError) {
        let mut failure = locked(&self.0);
        if failure
            .as_ref()
            .is_some_and(|(earlier, _)| earlier.is_final())
        {
            return;
        }
        let since = failure.take().map(|(_, since)| since);
        if error.is_final() {
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
