//! A thread for each session: it takes from the queue what its token can sign.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mls_signer_token::{Error, Token};

use crate::batch::Message;
use crate::open_session::OpenSession;
use crate::queue::{FairQueue, Taken};
use crate::source::Source;
use crate::sources::Sources;
use crate::{EngineError, Signature};

/// About how long each of a few sessions may be busy with what it is given at once. Another
/// caller's single removal waits for the first of them to be done: where there are many, each
/// may be busy for longer, up to [`LONGEST_SLICE`].
const SLICE: Duration = Duration::from_millis(10);
const FEW: u32 = 4;
const LONGEST_SLICE: Duration = Duration::from_millis(50);

/// Where the token has no room for another session, it is tried again so much later: others
/// sign meanwhile.
const NO_ROOM_PAUSE: Duration = Duration::from_millis(250);

/// The most messages that a session is given at once.
const MAX_SLICE: u64 = 32;

pub(crate) struct SessionThread {
    pub source: Arc<Source>,
    /// The source's number.
    pub number: usize,
    pub sources: Arc<Sources>,
    pub queue: Arc<FairQueue<Message>>,
    /// How many of these threads are at work.
    pub busy: Arc<AtomicUsize>,
}

/// Why a thread does not go on in the present state of its source.
enum Left {
    /// The engine stops.
    Stopped,
    /// The source is recovering.
    Recovering,
    /// The token has no room for the session.
    NoRoom,
}

impl SessionThread {
    /// Signs until the engine stops.
    pub fn run(&self) {
        while let Some((token, generation)) = self.source.wait_until_ready() {
            match self.sign_while_ready(token.as_ref(), generation) {
                Left::Stopped => return,
                Left::Recovering => {}
                Left::NoRoom => self.source.wait_for_change(generation, NO_ROOM_PAUSE),
            }
        }
    }

    fn sign_while_ready(&self, token: &dyn Token, generation: u64) -> Left {
        let mut session: Option<OpenSession<'_>> = None;
        loop {
            let leave = || self.source.wants_back(generation, session.is_some());
            let idle = self.source.idle_limit();
            match self
                .queue
                .take(self.number, idle, |waiting| self.slice(waiting), leave)
            {
                Taken::Closed => return Left::Stopped,
                Taken::Nothing if self.source.is_past(generation) => return Left::Recovering,
                // Idle for too long, or the supervisor needs the room.
                Taken::Nothing => {
                    session = None;
                    self.source.room_given();
                }
                Taken::Items(messages) => {
                    let open = match session.take() {
                        Some(open) => Ok(open),
                        None => self.open(token, &messages),
                    };
                    match open {
                        Ok(open) => session = self.serve(open, messages, generation),
                        Err(error) => {
                            let no_room = error.is_session_count() && self.source.has_sessions();
                            if no_room {
                                self.put_back(messages);
                                return Left::NoRoom;
                            }
                            self.source.report(generation, &error);
                            self.failed(error, messages);
                        }
                    }
                }
            }
        }
    }

    fn open(&self, token: &dyn Token, messages: &[Message]) -> Result<OpenSession<'_>, Error> {
        let limit = Instant::now() + self.source.timing.call_limit;
        let deadline = messages.first().map_or(limit, |first| first.batch.deadline);
        OpenSession::open(&self.source, token, deadline.min(limit))
    }

    /// How many of those that wait one session is given: few enough that all sessions have
    /// some, and that it is soon done.
    fn slice(&self, waiting: usize) -> usize {
        let sessions = self.sources.sessions();
        let share = waiting / (2 * sessions.max(1));
        let pace = self.source.latency_us().max(1);
        let slice = (SLICE * sessions as u32 / FEW).clamp(SLICE, LONGEST_SLICE);
        let soon = (slice.as_micros() as u64 / pace).clamp(1, MAX_SLICE) as usize;
        share.clamp(1, soon)
    }

    /// Signs messages of one batch and key; the session, if it can be used again.
    fn serve<'a>(
        &'a self,
        session: OpenSession<'a>,
        messages: Vec<Message>,
        generation: u64,
    ) -> Option<OpenSession<'a>> {
        let _busy = Busy::count(&self.busy);
        let batch = Arc::clone(&messages.first()?.batch);
        batch.begin();
        // A fault of ours must not leave anybody waiting for ever.
        let signed = catch_unwind(AssertUnwindSafe(|| {
            self.sign(session, messages, generation)
        }));
        signed.unwrap_or_else(|_| {
            batch.end(&EngineError::Stopped);
            None
        })
    }

    fn sign<'a>(
        &'a self,
        mut session: OpenSession<'a>,
        mut messages: Vec<Message>,
        generation: u64,
    ) -> Option<OpenSession<'a>> {
        let first = messages.first()?;
        let (key, deadline) = (Arc::clone(first.key()), first.batch.deadline);
        let data: Vec<&[u8]> = messages.iter().map(Message::bytes).collect();
        let signed = self
            .source
            .sign(&mut session, &key, &data, deadline, generation);
        let left = messages.split_off(signed.signatures.len().min(messages.len()));
        for (message, bytes) in messages.into_iter().zip(signed.signatures) {
            let source = Arc::clone(&self.source.config.name);
            message.answer(Ok(Signature { bytes, source }));
        }
        match signed.failure {
            None => Some(session),
            Some(failure) => {
                // After a failure it may be in the middle of something.
                drop(session);
                self.failed(failure, left);
                None
            }
        }
    }

    /// `messages` were with the token when it failed at the first of them; or at any, where
    /// the process that holds the module has died.
    fn failed(&self, failure: Error, mut messages: Vec<Message>) {
        let suspects = match failure {
            Error::Process(_) => messages.len(),
            _ => messages.len().min(1),
        };
        let innocent = messages.split_off(suspects);
        let Some(first) = messages.first_mut() else {
            return;
        };
        let deadline = first.batch.deadline;
        let mut history = std::mem::take(&mut first.history);
        let judged = self
            .sources
            .judge(failure, &mut history, self.number, deadline);
        match judged {
            Ok(()) => {
                messages
                    .iter_mut()
                    .for_each(|message| message.history = history.clone());
                messages.extend(innocent);
                self.put_back(messages);
            }
            Err(error) => {
                messages
                    .into_iter()
                    .for_each(|message| message.answer(Err(error.clone())));
                self.put_back(innocent);
            }
        }
    }

    fn put_back(&self, messages: Vec<Message>) {
        if let Some(first) = messages.first() {
            let lane = first.batch.lane.clone();
            self.queue.put_back(&lane, messages);
        }
    }
}

/// One of the threads at work, until it is dropped.
struct Busy<'a>(&'a AtomicUsize);

impl<'a> Busy<'a> {
    fn count(busy: &'a AtomicUsize) -> Self {
        busy.fetch_add(1, Ordering::Relaxed);
        Self(busy)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
