//! Questions and their answers on a channel, one at a time.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tls_codec::Deserialize;
use zeroize::Zeroizing;

use super::channel::{Channel, NoFrame};
use super::frame::decode;
use super::held::Held;
use crate::error::ProcessError;
use crate::sync::locked;

/// A channel on which this process asks. None once a question on it had no answer: one that
/// comes late must not be taken for the next.
#[derive(Debug)]
pub(super) struct Dialogue {
    channel: Mutex<Option<Channel>>,
    /// The other process, whose end it may be.
    held: Arc<Held>,
}

/// What is said after an answer that is not the last.
pub(super) struct Next {
    /// The frame.
    pub said: Zeroizing<Vec<u8>>,
    /// Until when the next answer is waited for.
    pub answered: Instant,
}

impl Dialogue {
    pub fn on(channel: Channel, held: Arc<Held>) -> Self {
        Self {
            channel: Mutex::new(Some(channel)),
            held,
        }
    }

    /// The other process is no more.
    fn gone(&self) -> ProcessError {
        ProcessError::Gone(self.held.module().into())
    }

    /// Asks by `send`, and waits for the answer until `answered`. Whoever has the channel is done
    /// with it, or has closed it, by a deadline of its own.
    pub fn ask<T: Deserialize>(
        &self,
        answered: Instant,
        send: impl FnOnce(&Channel) -> Result<(), NoFrame>,
    ) -> Result<T, ProcessError> {
        let mut slot = locked(&self.channel);
        self.exchange(&mut slot, answered, send)
    }

    /// The same; `more` says of an answer whether another follows, what is said before, and until when it is
    /// waited for. What fails after the first answer is told apart.
    pub fn ask_for_several<T: Deserialize>(
        &self,
        answered: Instant,
        send: impl FnOnce(&Channel) -> Result<(), NoFrame>,
        mut more: impl FnMut(&T) -> Option<Next>,
    ) -> Result<Result<T, ProcessError>, ProcessError> {
        let mut slot = locked(&self.channel);
        let mut answer = Ok(self.exchange(&mut slot, answered, send)?);
        while let Some(next) = answer.as_ref().ok().and_then(&mut more) {
            let say = |channel: &Channel| channel.send(&next.said, Some(next.answered));
            answer = self.exchange(&mut slot, next.answered, say);
        }
        Ok(answer)
    }

    fn exchange<T: Deserialize>(
        &self,
        slot: &mut Option<Channel>,
        answered: Instant,
        send: impl FnOnce(&Channel) -> Result<(), NoFrame>,
    ) -> Result<T, ProcessError> {
        let began = Instant::now();
        let channel = slot.as_mut().ok_or_else(|| self.gone())?;
        let answer = send(channel)
            .and_then(|()| channel.receive(Some(answered)))
            .map_err(|reason| self.no_answer(reason, began))
            .and_then(|frame| decode(frame).map_err(|_| self.no_frame_of_ours()));
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

    /// How the other process ended, where it was not this one that ended it.
    fn why_gone(&self) -> ProcessError {
        match self.held.how_ended() {
            Some(how) => ProcessError::Ended {
                module: self.held.module().into(),
                how,
            },
            None => self.gone(),
        }
    }

    fn no_frame_of_ours(&self) -> ProcessError {
        ProcessError::Foreign(self.held.module().into())
    }

    fn no_answer(&self, reason: NoFrame, began: Instant) -> ProcessError {
        match reason {
            NoFrame::Closed => self.why_gone(),
            NoFrame::TooLong => ProcessError::TooLong,
            NoFrame::Late => ProcessError::Hung {
                after: began.elapsed().max(Duration::from_millis(1)),
            },
        }
    }
}
