//! The thread that answers what will not be signed any more: because its deadline has passed,
//! or because no token will sign it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::{Duration, Instant};

use mls_signer_token::sync::locked;

use crate::EngineError;
use crate::batch::{Batch, Message};
use crate::changes::Changes;
use crate::queue::FairQueue;
use crate::sources::Sources;

/// A message that is with a token at its deadline is answered by whoever asked the token; only
/// where that has not come back for so long, here.
const GRACE: Duration = Duration::from_millis(100);

pub(crate) struct Expiry {
    queue: Arc<FairQueue<Message>>,
    sources: Arc<Sources>,
    changes: Arc<Changes>,
    due: Mutex<Due>,
}

#[derive(Default)]
struct Due {
    /// By when they are to be looked at, and a number that tells those of one time apart.
    batches: BTreeMap<(Instant, u64), Weak<Batch>>,
    next_number: u64,
    stopping: bool,
}

impl Expiry {
    pub fn new(
        queue: Arc<FairQueue<Message>>,
        sources: Arc<Sources>,
        changes: Arc<Changes>,
    ) -> Self {
        Self {
            queue,
            sources,
            changes,
            due: Mutex::default(),
        }
    }

    /// To be answered by its deadline, whatever happens.
    pub fn watch(&self, batch: &Arc<Batch>) {
        let mut due = locked(&self.due);
        let earliest = due.next();
        due.add(batch.deadline, batch);
        drop(due);
        if earliest.is_none_or(|earliest| batch.deadline < earliest) {
            self.changes.add();
        }
    }

    /// Answers until it is told to stop.
    pub fn run(&self) {
        loop {
            let seen = self.changes.count();
            let next = {
                let due = locked(&self.due);
                if due.stopping {
                    return;
                }
                due.next()
            };
            self.end_expired(Instant::now());
            self.end_hopeless();
            self.queue.wake_all();
            self.changes.wait(seen, next);
        }
    }

    /// Ends the thread.
    pub fn stop(&self) {
        locked(&self.due).stopping = true;
        self.changes.add();
    }

    fn end_expired(&self, now: Instant) {
        let batches = locked(&self.due).expired(now);
        if batches.is_empty() {
            return;
        }
        let reasons = self.sources.reasons();
        for message in self.queue.take_out(|message| message.batch.deadline <= now) {
            let last = message.history.last.as_ref().unwrap_or(&reasons);
            let last = Some(last.clone());
            message.answer(Err(EngineError::DeadlinePassed { last }));
        }
        for batch in batches {
            if batch.is_answered() {
                continue;
            }
            let latest = batch.deadline + GRACE;
            if latest <= now {
                batch.end(&EngineError::DeadlinePassed { last: None });
            } else {
                locked(&self.due).add(latest, &batch);
            }
        }
    }

    fn end_hopeless(&self) {
        for message in self.queue.take_out(Message::is_hopeless) {
            let error = self.sources.refusal(message.key());
            message.answer(Err(error));
        }
    }
}

impl Due {
    fn add(&mut self, time: Instant, batch: &Arc<Batch>) {
        let place = (time, self.next_number);
        self.batches.insert(place, Arc::downgrade(batch));
        self.next_number += 1;
    }

    fn next(&self) -> Option<Instant> {
        self.batches.first_key_value().map(|((time, _), _)| *time)
    }

    /// The batches whose time has come, without those that nobody knows any more.
    fn expired(&mut self, now: Instant) -> Vec<Arc<Batch>> {
        let later = self.batches.split_off(&(now, u64::MAX));
        let expired = std::mem::replace(&mut self.batches, later);
        expired.values().filter_map(Weak::upgrade).collect()
    }
}
