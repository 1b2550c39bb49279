//! Which token signs, and what becomes of a message whose signature failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::batch::{Batch, Chunk};
use super::board::Board;
use super::health::Phase;
use super::key::Key;
use super::source::{Source, Standing};
use mls_signer_token::error::Error;
use mls_signer_token::failure::Nature;

/// How often a message may be under way when something fails before it is refused: one
/// that makes a module crash must not do so for ever.
const MAX_ATTEMPTS: u32 = 8;

/// The tokens.
pub(super) struct Dispatch {
    pub sources: Vec<Arc<Source>>,
    board: Arc<Board>,
}

/// What has become of a message so far.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    attempts: u32,
    /// The sources, one bit each, that refused it for good.
    refused_by: u64,
    last: Option<String>,
}

impl History {
    /// Whether it was under way when something failed.
    pub fn is_suspect(&self) -> bool {
        self.attempts > 0
    }
}

/// A source that was chosen, and its bit.
struct Chosen<'a> {
    source: &'a Arc<Source>,
    bit: u64,
}

impl Dispatch {
    pub fn new(sources: Vec<Arc<Source>>, board: Arc<Board>) -> Self {
        Self { sources, board }
    }

    /// Returns once each source has been proven or has failed.
    pub fn wait_until_begun(&self) {
        loop {
            let seen = self.board.changes();
            let begun = self
                .sources
                .iter()
                .all(|source| source.phase() != Phase::Starting);
            if begun {
                return;
            }
            let soon = Instant::now() + Duration::from_millis(100);
            self.board.wait(seen, soon);
        }
    }

    /// Refuses new work when no source signs and none is being recovered.
    pub fn refuse_if_hopeless(&self) -> Result<(), Error> {
        let hopeless = |source: &Arc<Source>| matches!(source.phase(), Phase::Out | Phase::Refused);
        if self.sources.iter().all(hopeless) {
            return Err(self.unavailable());
        }
        Ok(())
    }

    /// Signs one message.
    pub fn sign(&self, key: &Key, message: &[u8], deadline: Instant) -> Result<Vec<u8>, Error> {
        let accepted = Instant::now();
        let mut history = History::default();
        loop {
            let chosen = self.choose(key, accepted, deadline, &history)?;
            let mut signed = chosen.source.sign(key, &[message], deadline);
            match (signed.signatures.pop(), signed.failure) {
                (Some(signature), _) => return Ok(signature),
                (None, Some(error)) => self.judge(error, &mut history, chosen.bit, deadline)?,
                (None, None) => return Err(Error::Stopped),
            }
        }
    }

    /// Works on a batch until nobody is needed any more.
    pub fn work(&self, batch: &Batch) {
        while let Some(chunk) = batch.take(self.chunk_size(batch)) {
            let items = chunk.items.clone();
            // A fault of ours must not leave the batch's caller waiting for ever.
            let served = catch_unwind(AssertUnwindSafe(|| self.serve(batch, chunk)));
            if served.is_err() {
                batch.refuse(&items, &Error::Stopped);
            }
        }
    }

    /// How many messages go to a token at once: few enough that all sessions end together,
    /// and that each is done soon.
    fn chunk_size(&self, batch: &Batch) -> usize {
        let latencies = self.sources.iter().map(|source| source.latency_us());
        let slowest = latencies.max().unwrap_or(0).max(1);
        let soon = (CHUNK_US / slowest).clamp(1, MAX_CHUNK) as usize;
        batch.share().min(soon)
    }

    fn serve(&self, batch: &Batch, chunk: Chunk) {
        let history = batch.history(&chunk);
        let chosen = match self.choose(&chunk.key, batch.accepted, batch.deadline, &history) {
            Ok(chosen) => chosen,
            Err(error) => return batch.refuse(&chunk.items, &error),
        };
        let messages = batch.messages(&chunk.items);
        let signed = chosen.source.sign(&chunk.key, &messages, batch.deadline);
        let made = signed.signatures.len();
        let name = &chosen.source.config.name;
        batch.succeed(&chunk.items[..made], signed.signatures, name);
        let Some(failure) = signed.failure else {
            return;
        };
        let left = &chunk.items[made..];
        // When the module died, nobody knows which message it was at.
        let under_way = if matches!(failure, Error::Process(_)) {
            left.len()
        } else {
            left.len().min(1)
        };
        let mut history = batch.history_of(left);
        match self.judge(failure, &mut history, chosen.bit, batch.deadline) {
            Ok(()) => {
                batch.again(&left[under_way..], None);
                batch.again(&left[..under_way], Some(&history));
            }
            Err(error) => {
                batch.refuse(&left[..under_way], &error);
                batch.again(&left[under_way..], None);
            }
        }
    }

    /// Whether a message may be tried again after `error`, which the source `bit` gave.
    fn judge(
        &self,
        error: Error,
        history: &mut History,
        bit: u64,
        deadline: Instant,
    ) -> Result<(), Error> {
        if matches!(error, Error::DeadlinePassed { .. }) && Instant::now() >= deadline {
            return Err(Error::DeadlinePassed {
                last: history.last.take(),
            });
        }
        history.attempts += 1;
        if error.nature() == Nature::Permanent {
            history.refused_by |= bit;
            if history.refused_by.count_ones() as usize >= self.sources.len() {
                return Err(error);
            }
        }
        if history.attempts >= MAX_ATTEMPTS {
            return Err(error);
        }
        history.last = Some(error.to_string());
        Ok(())
    }

    /// The source that will have signed first, among those that can; waits for one that
    /// may be able to, for a message accepted at `accepted`.
    fn choose(
        &self,
        key: &Key,
        accepted: Instant,
        deadline: Instant,
        history: &History,
    ) -> Result<Chosen<'_>, Error> {
        loop {
            if Instant::now() >= deadline {
                let last = history.last.clone();
                return Err(Error::DeadlinePassed { last });
            }
            let seen = self.board.changes();
            let mut best: Option<(u64, Chosen<'_>)> = None;
            let mut hope = false;
            for (index, source) in self.sources.iter().enumerate() {
                let bit = 1u64.checked_shl(index as u32).unwrap_or(0);
                if history.refused_by & bit != 0 {
                    continue;
                }
                match source.standing(key) {
                    Standing::Signs => {
                        let time = source.expected_us();
                        if best.as_ref().is_none_or(|(least, _)| time < *least) {
                            best = Some((time, Chosen { source, bit }));
                        }
                    }
                    Standing::Recovers => hope = true,
                    // It looks again soon, and only then the key is known to be missing.
                    Standing::Lacks { looked } => hope |= looked < accepted,
                    Standing::Refused => {}
                }
            }
            if let Some((_, chosen)) = best {
                return Ok(chosen);
            }
            if !hope {
                return Err(self.no_source(key));
            }
            if !self.board.wait(seen, deadline) {
                return Err(Error::DeadlinePassed {
                    last: history.last.clone().or_else(|| Some(self.reasons())),
                });
            }
        }
    }

    fn no_source(&self, key: &Key) -> Error {
        let ready = |source: &Arc<Source>| source.phase() == Phase::Ready;
        if self.sources.iter().any(ready) {
            key.not_found()
        } else {
            self.unavailable()
        }
    }

    fn unavailable(&self) -> Error {
        Error::Unavailable {
            reasons: self.reasons(),
        }
    }

    /// Which sources are out, and why.
    fn reasons(&self) -> String {
        let reason = |source: &Arc<Source>| {
            let health = source.health();
            let failure = health.last_failure.unwrap_or_else(|| "no failure".into());
            format!("{} ({:?}): {failure}", health.name, health.phase)
        };
        let reasons: Vec<_> = self.sources.iter().map(reason).collect();
        reasons.join("; ")
    }
}

/// About how long a token may be busy with what it is given at once, in microseconds.
const CHUNK_US: u64 = 50_000;

/// The most messages that a token is given at once.
const MAX_CHUNK: u64 = 64;
