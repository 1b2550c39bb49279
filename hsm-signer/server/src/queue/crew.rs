//! The threads that sign: one for each session, each taking what the fair queue gives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::fair::{FairQueue, Full, Ticket};
use super::work::{Answer, Ask, Item, Work};
use crate::sync::{Mutex, locked};
use mls_signer_engine::Engine;
use mls_signer_message::Removal;
use mls_signer_token::error::Error;

/// About how long each of a few sessions may be busy with what it is given at once. Another
/// caller's single removal waits for the first of them to be done: where there are many, each
/// may be busy for longer, up to [`LONGEST_SLICE`].
const SLICE: Duration = Duration::from_millis(10);
const FEW: u32 = 4;
const LONGEST_SLICE: Duration = Duration::from_millis(50);

/// The most removals that a session is given at once.
const MAX_SLICE: u64 = 32;

/// Signs for one engine.
pub struct SigningCrew {
    queue: Arc<FairQueue<Item>>,
    busy: Arc<AtomicUsize>,
    sessions: usize,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl SigningCrew {
    /// Starts a thread for each of the engine's sessions; at most `capacity` removals wait.
    ///
    /// # Errors
    /// [`Error::Setup`] when a thread cannot be started.
    pub fn start(engine: &Arc<Engine>, capacity: usize) -> Result<Self, Error> {
        let queue = Arc::new(FairQueue::new(capacity));
        let busy = Arc::new(AtomicUsize::new(0));
        let pace = Arc::new(AtomicU64::new(0));
        let sessions = engine.sessions();
        let mut threads = Vec::with_capacity(sessions);
        for _ in 0..sessions {
            let worker = Worker {
                engine: Arc::clone(engine),
                queue: Arc::clone(&queue),
                busy: Arc::clone(&busy),
                pace: Arc::clone(&pace),
            };
            let thread = std::thread::Builder::new().name("signing".into());
            let thread = thread.spawn(move || worker.run());
            threads.push(thread.map_err(|error| Error::Setup(format!("no thread: {error}")))?);
        }
        Ok(Self {
            queue,
            busy,
            sessions,
            threads: Mutex::new(threads),
        })
    }

    /// Has `asks` signed by `deadline`: a proposal or an error for each, in order.
    ///
    /// # Errors
    /// [`Full`] when they do not fit into the queue; then none is signed.
    pub async fn sign(
        &self,
        ticket: &Ticket<'_>,
        asks: Vec<Ask>,
        deadline: Instant,
    ) -> Result<Answer, Full> {
        if asks.is_empty() {
            return Ok(Answer::default());
        }
        let (items, answer) = Work::items(asks, deadline);
        self.queue.put(ticket, items)?;
        answer.await.map_err(|_| Full::Closed)
    }

    /// How many removals wait, by caller.
    pub fn waiting(&self) -> Vec<(Arc<str>, usize)> {
        self.queue.waiting()
    }

    /// How many sessions are at work, and how many there are.
    pub fn busy(&self) -> (usize, usize) {
        (self.busy.load(Ordering::Relaxed), self.sessions)
    }
}

impl Drop for SigningCrew {
    fn drop(&mut self) {
        self.queue.close();
        for thread in locked(&self.threads).drain(..) {
            if thread.join().is_err() {
                tracing::error!("a signing thread panicked");
            }
        }
    }
}

struct Worker {
    engine: Arc<Engine>,
    queue: Arc<FairQueue<Item>>,
    busy: Arc<AtomicUsize>,
    /// Microseconds for a signature in a session, averaged over the last ones.
    pace: Arc<AtomicU64>,
}

impl Worker {
    fn run(&self) {
        while let Some(items) = self
            .queue
            .take(|waiting| self.slice(waiting), Item::is_like)
        {
            self.busy.fetch_add(1, Ordering::Relaxed);
            let begun = Instant::now();
            // A fault of ours must not leave anybody waiting for ever.
            let served = catch_unwind(AssertUnwindSafe(|| self.serve(&items, begun)));
            if served.is_err() {
                for item in &items {
                    item.answer(Err(Error::Stopped), begun);
                }
            }
            self.busy.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How many of those that wait one session is given: few enough that all sessions have
    /// some, and that it is soon done.
    fn slice(&self, waiting: usize) -> usize {
        let share = waiting / (2 * self.engine.sessions());
        let pace = self.pace.load(Ordering::Relaxed).max(1);
        let sessions = self.engine.sessions() as u32;
        let slice = (SLICE * sessions / FEW).clamp(SLICE, LONGEST_SLICE);
        let soon = (slice.as_micros() as u64 / pace).clamp(1, MAX_SLICE) as usize;
        share.clamp(1, soon)
    }

    /// Signs items of one work, which have one deadline.
    fn serve(&self, items: &[Item], begun: Instant) {
        let Some(deadline) = items.first().map(|item| item.work.deadline) else {
            return;
        };
        let asks: Vec<(Arc<_>, Removal)> = items
            .iter()
            .map(|item| (Arc::clone(&item.ask().key), item.ask().removal.clone()))
            .collect();
        let proposals = self.engine.propose_removals_alone(&asks, deadline);
        self.note(begun, proposals.len());
        for (item, proposal) in items.iter().zip(proposals) {
            item.answer(proposal, begun);
        }
    }

    fn note(&self, begun: Instant, count: usize) {
        let each = begun.elapsed().as_micros() as u64 / count.max(1) as u64;
        let before = self.pace.load(Ordering::Relaxed);
        let average = if before == 0 {
            each
        } else {
            (before * 7 + each) / 8
        };
        self.pace.store(average.max(1), Ordering::Relaxed);
    }
}
