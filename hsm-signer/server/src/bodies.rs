//! Requests' bodies: read within a size, a time and the caller's share of memory.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;

use crate::config::ServiceLimits;
use crate::memory::CallerMemory;
use crate::problem::{BODY_LARGE, BODY_SLOW, CALLER_BUSY, MALFORMED, OVERLOADED, Problem};
use crate::shares::{NoShare, Share};

/// A body that says no length takes memory in steps of so many bytes.
const STEP: usize = 8 * 1024;

/// Bounds the memory of all bodies together, and of each caller's.
pub struct Bodies {
    memory: CallerMemory,
}

/// A body, and the memory that it takes until it is dropped.
pub struct ReadBody {
    pub bytes: Bytes,
    _memory: Share,
}

impl Bodies {
    pub fn new(limits: &ServiceLimits) -> Self {
        let (all, each) = (limits.all_bodies_bytes, limits.body_bytes_per_caller);
        Self {
            memory: CallerMemory::new(all, each, limits.body_bytes),
        }
    }

    /// Reads a body of the caller. The memory that its head declares is taken before anything
    /// is read; a body without a length takes it as it grows.
    pub async fn read(
        &self,
        caller: &Arc<str>,
        body: Body,
        limits: &ServiceLimits,
    ) -> Result<ReadBody, Problem> {
        let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
        must_be_within(declared, limits.body_bytes)?;
        let memory = self.take(caller, declared)?;
        let time = Duration::from_millis(limits.body_ms);
        let read = self.read_all(caller, body, limits.body_bytes, memory);
        tokio::time::timeout(time, read)
            .await
            .unwrap_or_else(|_| Err(BODY_SLOW.because(format!("it had {} ms", limits.body_ms))))
    }

    async fn read_all(
        &self,
        caller: &Arc<str>,
        mut body: Body,
        limit: usize,
        mut memory: Share,
    ) -> Result<ReadBody, Problem> {
        let mut taken = body.size_hint().lower() as usize;
        let mut bytes = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| MALFORMED.because("the body is cut off"))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            let length = bytes.len() + data.len();
            must_be_within(length, limit)?;
            if length > taken {
                let more = (length - taken).max(STEP);
                memory.merge(self.take(caller, more)?);
                taken += more;
            }
            bytes.extend_from_slice(&data);
        }
        Ok(ReadBody {
            bytes: bytes.freeze(),
            _memory: memory,
        })
    }

    fn take(&self, caller: &Arc<str>, bytes: usize) -> Result<Share, Problem> {
        self.memory.take(caller, bytes).map_err(|none| match none {
            NoShare::OfOne => CALLER_BUSY.because("too many bodies of the caller are being read"),
            NoShare::OfAll => OVERLOADED.because("too many bodies are being read"),
        })
    }
}

fn must_be_within(length: usize, limit: usize) -> Result<(), Problem> {
    if length <= limit {
        return Ok(());
    }
    Err(BODY_LARGE.because(format!("at most {limit} bytes")))
}
