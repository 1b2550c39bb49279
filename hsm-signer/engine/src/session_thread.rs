//! A thread for each session: it takes from the queue what its token can sign.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use mls_signer_token::{Error, Token};

use crate::Signature;
use crate::batch::Message;
use crate::counted::Counted;
use crate::queue::{FairQueue, Taken};
use crate::source::{OpenSession, Source};
use crate::sources::Sources;

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
    Stopped,
    Recovering,
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
            let size = |waiting| self.slice(waiting);
            match self.queue.take(self.number, idle, size, leave) {
                Taken::Closed => return Left::Stopped,
                Taken::Nothing if self.source.is_past(generation) => return Left::Recovering,
                // Idle for too long, or the supervisor needs the room.
                Taken::Nothing => {
                    session = None;
                    self.source.room_given();
                }
                Taken::Items(messages) => {
                    // A fault of ours, or of a token in this process, must not end the thread;
                    // the messages, which are dropped with it, are answered by their batch.
                    let open = session.take();
                    let served = catch_unwind(AssertUnwindSafe(|| {
                        self.serve(open, token, messages, generation)
                    }));
                    session = match served {
                        Ok(Ok(session)) => session,
                        Ok(Err(NoRoom)) => return Left::NoRoom,
                        Err(_) => None,
                    };
                }
            }
        }
    }

    /// Signs messages of one batch and key, in the session that is open if there is one; the
    /// session, if it can be used again.
    fn serve<'a>(
        &'a self,
        open: Option<OpenSession<'a>>,
        token: &dyn Token,
        messages: Vec<Message>,
        generation: u64,
    ) -> Result<Option<OpenSession<'a>>, NoRoom> {
        let opened = match open {
            Some(session) => Ok(session),
            // It is opened for all who come after, too: a caller's hurry says nothing about the
            // module. Who is in a hurry is answered by the deadline all the same.
            None => {
                let limit = Instant::now() + self.source.timing.call_limit;
                OpenSession::open(&self.source, token, limit)
            }
        };
        match opened {
            Ok(session) => Ok(self.sign(session, messages, generation)),
            Err(error) if error.is_session_count() && self.source.has_sessions() => {
                self.put_back(messages);
                Err(NoRoom)
            }
            Err(error) => {
                self.source.report(generation, &error, None);
                self.failed(error, messages);
                Ok(None)
            }
        }
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

    fn sign<'a>(
        &'a self,
        mut session: OpenSession<'a>,
        mut messages: Vec<Message>,
        generation: u64,
    ) -> Option<OpenSession<'a>> {
        let _busy = Counted::add(&self.busy, 1);
        let first = messages.first()?;
        first.batch.begin();
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
        let sources = &self.sources;
        match sources.judge(failure, &mut history, self.number, deadline) {
            Ok(()) => {
                for message in &mut messages {
                    message.history = history.clone();
                }
                messages.extend(innocent);
                self.put_back(messages);
            }
            Err(error) => {
                self.put_back(innocent);
                for message in messages {
                    message.answer(Err(error.clone()));
                }
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

/// The token has no room for the session.
struct NoRoom;
