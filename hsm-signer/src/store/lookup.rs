//! The one place that knows which requests are answered, and which another replica is signing.

use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::claims::Answer;
use super::error::StoreError;
#[cfg(feature = "postgres")]
use super::locks::Locks;
use super::metrics::Metrics;
use super::reader::LogReader;
use super::request::Digest;
use super::seen::Seen;

/// What the database knows of a request.
pub(super) enum Known {
    /// Its answer.
    Answered(Answer),
    /// No answer, and no other replica has it.
    Free,
    /// Another replica is signing it.
    #[cfg(feature = "postgres")]
    Elsewhere,
}

/// Asks the database about requests that this process claims.
pub(super) enum Lookup {
    /// This process is the only one.
    Alone(Alone),
    /// There may be other replicas.
    #[cfg(feature = "postgres")]
    Shared(Locks),
}

impl Lookup {
    /// What is known of each request, in order.
    pub(super) async fn look_up(&self, requests: Vec<Digest>) -> Result<Vec<Known>, StoreError> {
        match self {
            #[cfg(feature = "postgres")]
            Self::Shared(locks) => locks.take(requests).await,
            Self::Alone(alone) => alone.look_up(requests).await,
        }
    }

    /// To be told of each request before its answer is written.
    pub(super) fn will_be_answered(&self, request: &Digest) {
        match self {
            // Another replica would not be told.
            #[cfg(feature = "postgres")]
            Self::Shared(_) => {}
            Self::Alone(alone) => alone.seen.add(request),
        }
    }
}

/// The only process that answers, which knows what it has answered.
pub(super) struct Alone {
    reader: LogReader,
    seen: Arc<Seen>,
    metrics: Arc<Metrics>,
}

impl Alone {
    /// To be made when the database is open. What is stored is read in the background; until
    /// then the database is asked about each request.
    pub(super) async fn new(reader: LogReader, metrics: Arc<Metrics>) -> Result<Self, StoreError> {
        let chains = reader.chains().await?;
        let records = chains
            .iter()
            .map(|chain| chain.sequence.saturating_sub(chain.pruned));
        let seen = Arc::new(Seen::for_records(records.sum()));
        tokio::spawn(read_all(reader.clone(), Arc::downgrade(&seen)));
        Ok(Self {
            reader,
            seen,
            metrics,
        })
    }

    async fn look_up(&self, requests: Vec<Digest>) -> Result<Vec<Known>, StoreError> {
        let mut asked = requests.clone();
        asked.retain(|request| !self.seen.rules_out(request));
        self.metrics.ruled_out(requests.len() - asked.len());
        let mut stored = match asked.is_empty() {
            true => HashMap::new(),
            false => self.reader.answers(&asked).await?,
        };
        let known = requests.iter().map(|request| match stored.remove(request) {
            Some(answer) => Known::Answered(answer),
            None => Known::Free,
        });
        Ok(known.collect())
    }
}

/// Requests read at once.
const PAGE: u32 = 4096;

/// After a failure it goes on so much later.
const PAUSE: Duration = Duration::from_secs(1);

/// Adds every request that has an answer, until all are in or nobody asks any more.
async fn read_all(reader: LogReader, seen: Weak<Seen>) {
    let mut after = Vec::new();
    loop {
        let page = reader.requests(&after, PAGE).await;
        let Some(seen) = seen.upgrade() else { return };
        match page {
            Ok(page) => {
                page.iter().for_each(|request| seen.add(request));
                let Some(last) = page.last() else {
                    return seen.complete();
                };
                after = last.to_vec();
            }
            Err(error) => {
                tracing::debug!(%error, "the stored requests are not read yet");
                drop(seen);
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
