//! Many messages on their way: taken in chunks by several threads, answered in order.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Instant;

use super::dispatch::History;
use super::key::Key;
use super::{SignRequest, Signature};
use mls_signer_token::error::Error;
use mls_signer_token::sync::locked;

pub(super) struct Batch {
    requests: Vec<SignRequest>,
    pub accepted: Instant,
    pub deadline: Instant,
    /// How many threads may work on it.
    workers: usize,
    state: Mutex<State>,
    done: Condvar,
}

struct State {
    /// Those that nobody works on, by number.
    waiting: VecDeque<usize>,
    results: Vec<Option<Result<Signature, Error>>>,
    histories: Vec<History>,
    unanswered: usize,
}

/// Some of a batch's messages, all for one key.
pub(super) struct Chunk {
    pub key: Arc<Key>,
    pub items: Vec<usize>,
}

impl Batch {
    pub fn new(requests: Vec<SignRequest>, deadline: Instant, workers: usize) -> Self {
        let count = requests.len();
        let mut waiting: Vec<usize> = (0..count).collect();
        waiting.sort_by_key(|item| Arc::as_ptr(&requests[*item].key) as usize);
        Self {
            requests,
            accepted: Instant::now(),
            deadline,
            workers: workers.max(1),
            state: Mutex::new(State {
                waiting: waiting.into(),
                results: (0..count).map(|_| None).collect(),
                histories: vec![History::default(); count],
                unanswered: count,
            }),
            done: Condvar::new(),
        }
    }

    /// How many messages it has.
    pub fn len(&self) -> usize {
        self.requests.len()
    }

    /// A fair share of what waits, for one worker: half of what each would get, so that
    /// those who are done early find more; all where there is one.
    pub fn share(&self) -> usize {
        let waiting = locked(&self.state).waiting.len();
        let parts = match self.workers {
            1 => 1,
            workers => 2 * workers,
        };
        (waiting / parts).max(1)
    }

    /// Takes at most `count` messages for one key; one alone if something failed with it
    /// before. None when nothing waits.
    pub fn take(&self, count: usize) -> Option<Chunk> {
        let mut state = locked(&self.state);
        let first = state.waiting.pop_front()?;
        let key = Arc::clone(&self.requests[first].key);
        let mut items = vec![first];
        if state.histories[first].is_suspect() {
            return Some(Chunk { key, items });
        }
        while items.len() < count
            && let Some(next) = state.waiting.front().copied()
            && Arc::ptr_eq(&self.requests[next].key, &key)
            && !state.histories[next].is_suspect()
        {
            state.waiting.pop_front();
            items.push(next);
        }
        Some(Chunk { key, items })
    }

    pub fn messages(&self, items: &[usize]) -> Vec<&[u8]> {
        let message = |item: &usize| self.requests[*item].message.as_slice();
        items.iter().map(message).collect()
    }

    /// What has become of the chunk so far: only one that is alone has a history.
    pub fn history(&self, chunk: &Chunk) -> History {
        self.history_of(&chunk.items)
    }

    /// What has become of the first of `items` so far.
    pub fn history_of(&self, items: &[usize]) -> History {
        let state = locked(&self.state);
        items
            .first()
            .map(|item| state.histories[*item].clone())
            .unwrap_or_default()
    }

    /// Answers each of `items` with its signature, all of them made by `source`.
    pub fn succeed(&self, items: &[usize], signatures: Vec<Vec<u8>>, source: &Arc<str>) {
        let mut state = locked(&self.state);
        for (item, bytes) in items.iter().zip(signatures) {
            let source = Arc::clone(source);
            state.answer(*item, Ok(Signature { bytes, source }));
        }
        self.tell_if_done(&state);
    }

    /// Answers each of `items` with `error`.
    pub fn refuse(&self, items: &[usize], error: &Error) {
        let mut state = locked(&self.state);
        for item in items {
            state.answer(*item, Err(repeated(error)));
        }
        self.tell_if_done(&state);
    }

    /// Has `items` tried again, before the others.
    pub fn again(&self, items: &[usize], history: Option<&History>) {
        let mut state = locked(&self.state);
        for item in items.iter().rev() {
            if let Some(history) = history {
                state.histories[*item] = history.clone();
            }
            state.waiting.push_front(*item);
        }
    }

    /// The results, in order, once all are there.
    pub fn results(&self) -> Vec<Result<Signature, Error>> {
        let mut state = locked(&self.state);
        while state.unanswered > 0 {
            let waited = self.done.wait(state);
            state = waited.unwrap_or_else(PoisonError::into_inner);
        }
        let results = std::mem::take(&mut state.results);
        let answered = |result: Option<_>| result.unwrap_or(Err(Error::Stopped));
        results.into_iter().map(answered).collect()
    }

    fn tell_if_done(&self, state: &State) {
        if state.unanswered == 0 {
            self.done.notify_all();
        }
    }
}

impl State {
    /// The first answer counts.
    fn answer(&mut self, item: usize, result: Result<Signature, Error>) {
        if self.results[item].is_none() {
            self.results[item] = Some(result);
            self.unanswered -= 1;
        }
    }
}

/// The same failure for another message of a chunk; what cannot be repeated is reported.
fn repeated(error: &Error) -> Error {
    match error {
        Error::Pkcs11(failure) => Error::Pkcs11(failure.clone()),
        Error::DeadlinePassed { last } => Error::DeadlinePassed { last: last.clone() },
        Error::SignatureInvalid => Error::SignatureInvalid,
        Error::Unavailable { reasons } => Error::Unavailable {
            reasons: reasons.clone(),
        },
        other => Error::Reported {
            text: other.to_string(),
            nature: other.nature(),
            rung: other.rung(),
        },
    }
}
