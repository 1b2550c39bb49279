//! Requests' bodies: read within a size, a time and a share of memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::config::Limits;
use super::problem::{BODY_LARGE, BODY_SLOW, MALFORMED, OVERLOADED, Problem};

/// Memory is counted in so many bytes.
const UNIT: usize = 1024;

/// What all bodies together may take.
pub struct Bodies {
    room: Arc<Semaphore>,
}

/// A body, and the memory that it takes until it is dropped.
pub struct ReadBody {
    /// The bytes.
    pub bytes: Bytes,
    _room: Option<OwnedSemaphorePermit>,
}

impl Bodies {
    /// Room for the bodies of all requests.
    pub fn new(limits: &Limits) -> Self {
        let units = (limits.all_bodies_bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self {
            room: Arc::new(Semaphore::new(units.max(1))),
        }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// A problem when it is too large, too slow, cut off, or there is no room.
    pub async fn read(&self, body: Body, limits: &Limits) -> Result<ReadBody, Problem> {
        let time = Duration::from_millis(limits.body_ms);
        let read = tokio::time::timeout(time, self.read_all(body, limits.body_bytes));
        read.await
            .unwrap_or_else(|_| Err(BODY_SLOW.because(format!("it had {} ms", limits.body_ms))))
    }

    async fn read_all(&self, mut body: Body, limit: usize) -> Result<ReadBody, Problem> {
        let mut bytes = BytesMut::new();
        let mut room: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| MALFORMED.because("the body is cut off"))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if bytes.len() + data.len() > limit {
                return Err(BODY_LARGE.because(format!("at most {limit} bytes")));
            }
            self.grow(&mut room, bytes.len() + data.len())?;
            bytes.extend_from_slice(&data);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            _room: room,
        })
    }

    fn grow(&self, room: &mut Option<OwnedSemaphorePermit>, length: usize) -> Result<(), Problem> {
        let has = room.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = length.div_ceil(UNIT).saturating_sub(has);
        if more == 0 {
            return Ok(());
        }
        let taken = Arc::clone(&self.room).try_acquire_many_owned(more as u32);
        let taken = taken.map_err(|_| OVERLOADED.because("too many bodies are being read"))?;
        match room {
            Some(room) => room.merge(taken),
            None => *room = Some(taken),
        }
        Ok(())
    }
}
