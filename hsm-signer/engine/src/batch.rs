//! What one caller wants signed, answered as a whole.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use mls_signer_token::sync::locked;

use crate::key::Key;
use crate::queue::{Item, Lane};
use crate::sources::{History, Sources};
use crate::{EngineError, SignRequest, Signature};

/// Where the time of a batch's signatures went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Until the first signature was begun.
    pub queue: Duration,
    /// From then until the last was there.
    pub signing: Duration,
}

/// A signature or an error for each request, in order.
pub(crate) type Signatures = Vec<Result<Signature, EngineError>>;

/// Is told the signatures, once all are there.
pub(crate) type WhenDone = Box<dyn FnOnce(Signatures, Times) + Send>;

/// The messages of one caller.
pub(crate) struct Batch {
    requests: Vec<SignRequest>,
    pub accepted: Instant,
    pub deadline: Instant,
    pub lane: Lane,
    sources: Arc<Sources>,
    /// How many messages of the engine are accepted and not answered.
    pending: Arc<AtomicUsize>,
    answers: Mutex<Answers>,
}

struct Answers {
    each: Vec<Option<Result<Signature, EngineError>>>,
    unanswered: usize,
    begun: Option<Instant>,
    done: Option<WhenDone>,
}

/// One message on its way.
pub(crate) struct Message {
    pub batch: Arc<Batch>,
    number: usize,
    pub history: History,
}

impl Batch {
    pub fn new(
        requests: Vec<SignRequest>,
        lane: Lane,
        deadline: Instant,
        sources: Arc<Sources>,
        pending: Arc<AtomicUsize>,
        done: WhenDone,
    ) -> Arc<Self> {
        let count = requests.len();
        pending.fetch_add(count, Ordering::SeqCst);
        Arc::new(Self {
            requests,
            accepted: Instant::now(),
            deadline,
            lane,
            sources,
            pending,
            answers: Mutex::new(Answers {
                each: (0..count).map(|_| None).collect(),
                unanswered: count,
                begun: None,
                done: Some(done),
            }),
        })
    }

    /// Its messages, those for one key together.
    pub fn messages(self: &Arc<Self>) -> Vec<Message> {
        let mut order: Vec<usize> = (0..self.requests.len()).collect();
        order.sort_by_key(|number| Arc::as_ptr(&self.requests[*number].key) as usize);
        let message = |number| Message {
            batch: Arc::clone(self),
            number,
            history: History::default(),
        };
        order.into_iter().map(message).collect()
    }

    /// The first of its signatures is begun.
    pub fn begin(&self) {
        locked(&self.answers).begun.get_or_insert_with(Instant::now);
    }

    /// Whether all is answered.
    pub fn is_answered(&self) -> bool {
        locked(&self.answers).unanswered == 0
    }

    /// Answers with `error` whatever is not answered.
    pub fn end(&self, error: &EngineError) {
        for number in 0..self.requests.len() {
            self.answer(number, Err(error.clone()));
        }
    }

    /// The first answer counts. A panic of who is told must not end the thread that tells.
    fn answer(&self, number: usize, result: Result<Signature, EngineError>) {
        let mut answers = locked(&self.answers);
        let Some(slot @ None) = answers.each.get_mut(number) else {
            return;
        };
        *slot = Some(result);
        answers.unanswered -= 1;
        self.pending.fetch_sub(1, Ordering::SeqCst);
        if answers.unanswered > 0 {
            return;
        }
        let each = std::mem::take(&mut answers.each);
        let begun = answers.begun.unwrap_or_else(Instant::now);
        let done = answers.done.take();
        drop(answers);
        let times = Times {
            queue: begun - self.accepted,
            signing: begun.elapsed(),
        };
        if let Some(done) = done {
            let each = each.into_iter().flatten().collect();
            if catch_unwind(AssertUnwindSafe(|| done(each, times))).is_err() {
                tracing::error!("who asked for signatures panicked when they were there");
            }
        }
    }

    /// The batch was never put into the queue: nobody is told.
    pub fn withdraw(&self) {
        locked(&self.answers).done = None;
    }
}

impl Drop for Batch {
    /// Nobody has its messages any more: whatever became of them, who asked is told.
    fn drop(&mut self) {
        self.end(&EngineError::Stopped);
    }
}

impl Message {
    /// The key that is to sign it.
    pub fn key(&self) -> &Arc<Key> {
        &self.batch.requests[self.number].key
    }

    /// What is to be signed.
    pub fn bytes(&self) -> &[u8] {
        &self.batch.requests[self.number].message
    }

    /// Answers it.
    pub fn answer(self, result: Result<Signature, EngineError>) {
        self.batch.answer(self.number, result);
    }

    /// Whether no token will sign it.
    pub fn is_hopeless(&self) -> bool {
        let batch = &self.batch;
        batch
            .sources
            .is_hopeless(self.key(), batch.accepted, &self.history)
    }
}

impl Item for Message {
    fn cost(&self, source: usize) -> Option<u64> {
        self.batch.sources.cost(source, self.key(), &self.history)
    }

    /// Of one batch, and so with one deadline; for one key; and not suspected of having made
    /// a module fail.
    fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.batch, &other.batch)
            && Arc::ptr_eq(self.key(), other.key())
            && !self.history.is_suspect()
            && !other.history.is_suspect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use mls_signer_message::scheme::Scheme;
    use mls_signer_token::KeyObject;

    use super::*;

    #[test]
    fn who_asked_is_told_of_messages_that_were_lost() {
        let key = Arc::new(Key {
            scheme: Scheme::by_name("ed25519").unwrap(),
            public_key: vec![1; 32],
            object: KeyObject::default(),
            generation: 1,
        });
        let request = |message| SignRequest {
            key: Arc::clone(&key),
            message,
        };
        let lane = Lane {
            name: "a".into(),
            weight: 1,
            capacity: 2,
        };
        let (tell, told) = channel();
        let pending = Arc::<AtomicUsize>::default();
        let batch = Batch::new(
            vec![request(vec![1]), request(vec![2])],
            lane,
            Instant::now(),
            Arc::new(Sources(Vec::new())),
            Arc::clone(&pending),
            Box::new(move |signatures, _| tell.send(signatures).unwrap()),
        );
        let mut messages = batch.messages();
        drop(batch);
        let signature = Signature {
            bytes: vec![3],
            source: "source".into(),
        };
        messages.remove(0).answer(Ok(signature.clone()));
        assert_eq!(pending.load(Ordering::SeqCst), 1);
        drop(messages);
        let each = told.try_recv().unwrap();
        assert!(matches!(&each[..], [Ok(made), Err(EngineError::Stopped)] if *made == signature));
        assert_eq!(pending.load(Ordering::SeqCst), 0);
    }
}
