//! The thread that answers what will not be signed any more: because its deadline has passed,
//! or because no token will sign it.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
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
    times: BinaryHeap<Reverse<(Instant, u64)>>,
    batches: HashMap<u64, Weak<Batch>>,
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
        let earliest = due.times.peek().map(|Reverse((time, _))| *time);
        let number = due.next_number;
        due.next_number += 1;
        due.times.push(Reverse((batch.deadline, number)));
        due.batches.insert(number, Arc::downgrade(batch));
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
                due.times.peek().map(|Reverse((time, _))| *time)
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
            let last = message.history.last().or_else(|| Some(reasons.clone()));
            message.answer(Err(EngineError::DeadlinePassed { last }));
        }
        for (number, batch) in batches {
            if batch.is_answered() {
                continue;
            }
            let latest = batch.deadline + GRACE;
            if latest <= now {
                batch.end(&EngineError::DeadlinePassed { last: None });
            } else {
                let mut due = locked(&self.due);
                due.times.push(Reverse((latest, number)));
                due.batches.insert(number, Arc::downgrade(&batch));
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
    /// The batches whose time has come, without those that nobody knows any more.
    fn expired(&mut self, now: Instant) -> Vec<(u64, Arc<Batch>)> {
        let mut expired = Vec::new();
        while let Some(Reverse((time, number))) = self.times.peek().copied()
            && time <= now
        {
            self.times.pop();
            let batch = self.batches.remove(&number);
            if let Some(batch) = batch.and_then(|batch| batch.upgrade()) {
                expired.push((number, batch));
            }
        }
        expired
    }
}
