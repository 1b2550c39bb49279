//! Requests' bodies: read within a size, a time and a share of memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::ServiceLimits;
use crate::problem::{BODY_LARGE, BODY_SLOW, MALFORMED, OVERLOADED, Problem};

/// The bytes that one permit of the semaphore stands for.
const UNIT: usize = 1024;

/// Bounds the memory of all bodies together.
pub struct Bodies {
    memory: Arc<Semaphore>,
}

/// A body, and the memory that it takes until it is dropped.
pub struct ReadBody {
    pub bytes: Bytes,
    _memory: OwnedSemaphorePermit,
}

impl Bodies {
    pub fn new(limits: &ServiceLimits) -> Self {
        let units = (limits.all_bodies_bytes / UNIT).min(Semaphore::MAX_PERMITS);
        Self {
            memory: Arc::new(Semaphore::new(units.max(1))),
        }
    }

    pub async fn read(&self, body: Body, limits: &ServiceLimits) -> Result<ReadBody, Problem> {
        let time = Duration::from_millis(limits.body_ms);
        let read = tokio::time::timeout(time, self.read_all(body, limits.body_bytes));
        read.await
            .unwrap_or_else(|_| Err(BODY_SLOW.because(format!("it had {} ms", limits.body_ms))))
    }

    async fn read_all(&self, mut body: Body, limit: usize) -> Result<ReadBody, Problem> {
        let mut bytes = BytesMut::new();
        let mut memory = self.take(0)?;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| MALFORMED.because("the body is cut off"))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = bytes.len() + data.len();
            if length > limit {
                return Err(BODY_LARGE.because(format!("at most {limit} bytes")));
            }
            memory.merge(self.take(length.div_ceil(UNIT) - memory.num_permits())?);
            bytes.extend_from_slice(&data);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            _memory: memory,
        })
    }

    fn take(&self, units: usize) -> Result<OwnedSemaphorePermit, Problem> {
        let taken = Arc::clone(&self.memory).try_acquire_many_owned(units as u32);
        taken.map_err(|_| OVERLOADED.because("too many bodies are being read"))
    }
}
