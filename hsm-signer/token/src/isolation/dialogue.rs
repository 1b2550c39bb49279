//! Questions and their answers on a channel, one at a time.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tls_codec::Deserialize;

use super::channel::{Channel, NoFrame};
use super::frame::decode;
use crate::error::ProcessError;
use crate::sync::locked;

/// A channel on which this process asks. None once a question on it had no answer: one that
/// comes late must not be taken for the next.
#[derive(Debug)]
pub(super) struct Dialogue {
    channel: Mutex<Option<Channel>>,
    /// The module of the other process, whose end it may be.
    module: Arc<Path>,
}

impl Dialogue {
    pub fn on(channel: Channel, module: Arc<Path>) -> Self {
        Self {
            channel: Mutex::new(Some(channel)),
            module,
        }
    }

    /// The other process is no more.
    fn gone(&self) -> ProcessError {
        ProcessError::Gone(self.module.to_path_buf())
    }

    /// Asks by `send`, and waits for the answer until `answered`. Whoever has the channel is done
    /// with it, or has closed it, by a deadline of its own.
    pub fn ask<T: Deserialize>(
        &self,
        answered: Instant,
        send: impl FnOnce(&Channel) -> Result<(), NoFrame>,
    ) -> Result<T, ProcessError> {
        let began = Instant::now();
        let mut slot = locked(&self.channel);
        let channel = slot.as_mut().ok_or_else(|| self.gone())?;
        let answer = send(channel)
            .and_then(|()| channel.receive(Some(answered)))
            .map_err(|reason| self.no_answer(reason, began))
            .and_then(decode);
        if answer.is_err() {
            *slot = None;
        }
        answer
    }

    /// Closes the channel; whether it was open, and so the last question answered.
    pub fn close(&self) -> bool {
        locked(&self.channel).take().is_some()
    }

    /// Closes the channel, on which the other process answered another question.
    pub fn out_of_step(&self) -> ProcessError {
        *locked(&self.channel) = None;
        ProcessError::OutOfStep
    }

    fn no_answer(&self, reason: NoFrame, began: Instant) -> ProcessError {
        match reason {
            NoFrame::Closed => self.gone(),
            NoFrame::TooLong => ProcessError::TooLong,
            NoFrame::Late => ProcessError::Hung {
                after: began.elapsed().max(Duration::from_millis(1)),
            },
        }
    }
}
