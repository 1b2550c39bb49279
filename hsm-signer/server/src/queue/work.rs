//! What one request wants signed, answered as a whole.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use crate::sync::{Mutex, locked};
use mls_signer_engine::Key;
use mls_signer_engine::Proposal;
use mls_signer_message::Removal;
use mls_signer_token::error::Error;

/// A removal, and the key that is to sign it.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The key.
    pub key: Arc<Key>,
    /// The removal.
    pub removal: Removal,
}

/// Where the time of a request's signatures went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// Until the first signature was begun.
    pub queue: Duration,
    /// From then until the last was there.
    pub engine: Duration,
}

/// A proposal or an error for each, in order.
pub type Answer = (Vec<Result<Proposal, Error>>, Times);

/// The removals of one request that are to be signed.
pub struct Work {
    pub asks: Vec<Ask>,
    pub deadline: Instant,
    since: Instant,
    state: Mutex<State>,
}

struct State {
    results: Vec<Option<Result<Proposal, Error>>>,
    left: usize,
    begun: Option<Instant>,
    done: Option<oneshot::Sender<Answer>>,
}

/// One removal of a work, by its number there.
pub struct Item {
    pub work: Arc<Work>,
    pub number: usize,
}

impl Work {
    /// The work's items, and where its answer comes.
    pub fn items(asks: Vec<Ask>, deadline: Instant) -> (Vec<Item>, oneshot::Receiver<Answer>) {
        let (done, answer) = oneshot::channel();
        let count = asks.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by_key(|number| Arc::as_ptr(&asks[*number].key) as usize);
        let work = Arc::new(Self {
            asks,
            deadline,
            since: Instant::now(),
            state: Mutex::new(State {
                results: (0..count).map(|_| None).collect(),
                left: count,
                begun: None,
                done: Some(done),
            }),
        });
        let item = |number| Item {
            work: Arc::clone(&work),
            number,
        };
        (order.into_iter().map(item).collect(), answer)
    }

    fn answer(&self, number: usize, result: Result<Proposal, Error>, begun: Instant) {
        let mut state = locked(&self.state);
        let since = *state.begun.get_or_insert(begun);
        if state.results[number].replace(result).is_none() {
            state.left -= 1;
        }
        if state.left > 0 {
            return;
        }
        let results = std::mem::take(&mut state.results);
        let answered = |result: Option<_>| result.unwrap_or(Err(Error::Stopped));
        let results = results.into_iter().map(answered).collect();
        let times = Times {
            queue: since - self.since,
            engine: since.elapsed(),
        };
        if let Some(done) = state.done.take() {
            // Who asked may have gone; what was signed is then signed again some day.
            let _ = done.send((results, times));
        }
    }
}

impl Item {
    pub fn ask(&self) -> &Ask {
        &self.work.asks[self.number]
    }

    /// Whether both may be given to a token together.
    pub fn is_like(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.work, &other.work) && Arc::ptr_eq(&self.ask().key, &other.ask().key)
    }

    /// Answers the item, whose signature was begun at `begun`.
    pub fn answer(&self, result: Result<Proposal, Error>, begun: Instant) {
        self.work.answer(self.number, result, begun);
    }
}
