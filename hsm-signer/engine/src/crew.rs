//! Threads that help with batches, one for each session.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::batch::Batch;
use super::dispatch::Dispatch;
use mls_signer_token::error::Error;
use mls_signer_token::sync::locked;

type Job = (Arc<Batch>, Arc<Dispatch>);

pub(super) struct Crew {
    jobs: Option<Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Crew {
    pub fn new(size: usize) -> Result<Self, Error> {
        let (jobs, waiting) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        let mut crew = Self {
            jobs: Some(jobs),
            threads: Vec::new(),
        };
        for _ in 0..size.max(1) {
            let waiting: Arc<Mutex<Receiver<Job>>> = Arc::clone(&waiting);
            let thread = std::thread::Builder::new().name("hsm crew".into());
            let thread = thread.spawn(move || {
                while let Some((batch, dispatch)) = next(&waiting) {
                    dispatch.work(&batch);
                }
            });
            let thread = thread.map_err(|error| Error::Setup(format!("no thread: {error}")))?;
            crew.threads.push(thread);
        }
        Ok(crew)
    }

    /// How many threads work on a batch at most, its caller's among them.
    pub fn size(&self) -> usize {
        self.threads.len()
    }

    /// Has threads work on the batch, besides its caller: as many as it has messages for.
    pub fn help(&self, batch: &Arc<Batch>, dispatch: &Arc<Dispatch>) {
        let helpers = self.size().min(batch.len()).saturating_sub(1);
        for _ in 0..helpers {
            if let Some(jobs) = &self.jobs {
                // Without a crew the caller works alone.
                let _ = jobs.send((Arc::clone(batch), Arc::clone(dispatch)));
            }
        }
    }
}

fn next(waiting: &Mutex<Receiver<Job>>) -> Option<Job> {
    locked(waiting).recv().ok()
}

impl Drop for Crew {
    fn drop(&mut self) {
        self.jobs = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the crew panicked");
            }
        }
    }
}
