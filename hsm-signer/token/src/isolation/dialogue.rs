//! Questions and their answers on a channel, one at a time.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use tls_codec::Deserialize;

use super::channel::{Channel, NoFrame};
use super::frame::decode;
use crate::error::ProcessError;
use crate::sync::locked;

/// A channel on which this process asks. None once a question on it had no answer: one that
/// comes late must not be taken for the next.
#[derive(Debug)]
pub(super) struct Dialogue(Mutex<Option<Channel>>);

impl Dialogue {
    pub fn on(channel: Channel) -> Self {
        Self(Mutex::new(Some(channel)))
    }

    /// Asks by `send`, and waits for the answer until `answered`. Whoever has the channel is done
    /// with it, or has closed it, by a deadline of its own.
    pub fn ask<T: Deserialize>(
        &self,
        answered: Instant,
        send: impl FnOnce(&Channel) -> Result<(), NoFrame>,
    ) -> Result<T, ProcessError> {
        let began = Instant::now();
        let mut slot = locked(&self.0);
        let channel = slot.as_mut().ok_or(ProcessError::Gone)?;
        let answer = send(channel)
            .and_then(|()| channel.receive(Some(answered)))
            .map_err(|reason| no_answer(reason, began))
            .and_then(decode);
        if answer.is_err() {
            *slot = None;
        }
        answer
    }

    /// Closes the channel; whether it was open, and so the last question answered.
    pub fn close(&self) -> bool {
        locked(&self.0).take().is_some()
    }

    /// Closes the channel, on which the other process answered another question.
    pub fn out_of_step(&self) -> ProcessError {
        *locked(&self.0) = None;
        ProcessError::OutOfStep
    }
}

fn no_answer(reason: NoFrame, began: Instant) -> ProcessError {
    match reason {
        NoFrame::Closed => ProcessError::Gone,
        NoFrame::TooLong => ProcessError::TooLong,
        NoFrame::Late => ProcessError::Hung {
            after: began.elapsed().max(Duration::from_millis(1)),
        },
    }
}
