//! What the store counts and times.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Upper bounds of the buckets of times, in microseconds; one more bucket has no bound.
pub const TIME_BOUNDS: [u64; 14] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 10_000_000,
];

/// Upper bounds of the buckets of batch sizes; one more bucket has no bound.
pub const SIZE_BOUNDS: [u64; 11] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/// Values counted in buckets, not cumulatively.
#[derive(Debug)]
pub struct Histogram<const N: usize> {
    bounds: [u64; N],
    buckets: [AtomicU64; N],
    beyond: AtomicU64,
    sum: AtomicU64,
}

/// A histogram as it was at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistogramSnapshot {
    /// The upper bound of each bucket, and how many values fell into it and into none before.
    pub buckets: Vec<(u64, u64)>,
    /// How many values were above all bounds.
    pub beyond: u64,
    /// The sum of all values.
    pub sum: u64,
}

impl HistogramSnapshot {
    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum::<u64>() + self.beyond
    }
}

impl<const N: usize> Histogram<N> {
    fn new(bounds: [u64; N]) -> Self {
        Self {
            bounds,
            buckets: std::array::from_fn(|_| AtomicU64::new(0)),
            beyond: AtomicU64::new(0),
            sum: AtomicU64::new(0),
        }
    }

    fn add(&self, value: u64) {
        let place = self.bounds.iter().position(|bound| value <= *bound);
        let bucket = place.map_or(&self.beyond, |place| &self.buckets[place]);
        bucket.fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    fn snapshot(&self) -> HistogramSnapshot {
        let counts = self.buckets.iter().map(load);
        HistogramSnapshot {
            buckets: self.bounds.iter().copied().zip(counts).collect(),
            beyond: load(&self.beyond),
            sum: load(&self.sum),
        }
    }
}

/// What the store has counted, for whoever renders it.
#[derive(Debug)]
pub struct Metrics {
    answered: AtomicU64,
    ours: AtomicU64,
    theirs: AtomicU64,
    records: AtomicU64,
    raced: AtomicU64,
    failures: AtomicU64,
    recoveries: AtomicU64,
    claim: Histogram<14>,
    commit: Histogram<14>,
    sync: Histogram<14>,
    batch: Histogram<11>,
}

/// The store's counters as they were at one time. Times are in microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetricsSnapshot {
    /// Claims that found a stored answer.
    pub answered: u64,
    /// Claims that gave the right and duty to sign.
    pub ours: u64,
    /// Claims that found another claimant.
    pub theirs: u64,
    /// Records written.
    pub records: u64,
    /// Signatures dropped because an answer was stored in the meantime.
    pub raced: u64,
    /// Transactions that failed.
    pub failures: u64,
    /// How often the store came back after a failure.
    pub recoveries: u64,
    /// From a batch of claims to its answer.
    pub claim: HistogramSnapshot,
    /// From the hand-over of a batch to its being durable, waiting included.
    pub commit: HistogramSnapshot,
    /// The database's COMMIT, sync included, of one transaction.
    pub sync: HistogramSnapshot,
    /// Records in one transaction.
    pub batch: HistogramSnapshot,
}

impl Default for Metrics {
    fn default() -> Self {
        Self {
            answered: AtomicU64::new(0),
            ours: AtomicU64::new(0),
            theirs: AtomicU64::new(0),
            records: AtomicU64::new(0),
            raced: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            recoveries: AtomicU64::new(0),
            claim: Histogram::new(TIME_BOUNDS),
            commit: Histogram::new(TIME_BOUNDS),
            sync: Histogram::new(TIME_BOUNDS),
            batch: Histogram::new(SIZE_BOUNDS),
        }
    }
}

impl Metrics {
    pub(super) fn claimed(&self, answered: usize, ours: usize, theirs: usize, took: Duration) {
        add(&self.answered, answered);
        add(&self.ours, ours);
        add(&self.theirs, theirs);
        self.claim.add(microseconds(took));
    }

    pub(super) fn written(&self, records: usize, raced: usize, sync: Duration) {
        add(&self.records, records);
        add(&self.raced, raced);
        self.batch.add(records as u64);
        self.sync.add(microseconds(sync));
    }

    pub(super) fn committed(&self, took: Duration) {
        self.commit.add(microseconds(took));
    }

    pub(super) fn failed(&self) {
        add(&self.failures, 1);
    }

    pub(super) fn recovered(&self) {
        add(&self.recoveries, 1);
    }

    /// All counters. They are read one after the other.
    pub fn snapshot(&self) -> MetricsSnapshot {
        MetricsSnapshot {
            answered: load(&self.answered),
            ours: load(&self.ours),
            theirs: load(&self.theirs),
            records: load(&self.records),
            raced: load(&self.raced),
            failures: load(&self.failures),
            recoveries: load(&self.recoveries),
            claim: self.claim.snapshot(),
            commit: self.commit.snapshot(),
            sync: self.sync.snapshot(),
            batch: self.batch.snapshot(),
        }
    }
}

fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Ordering::Relaxed);
}

fn load(counter: &AtomicU64) -> u64 {
    counter.load(Ordering::Relaxed)
}

fn microseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_falls_into_one_bucket() {
        let histogram = Histogram::new([1, 10]);
        for value in [0, 1, 2, 10, 11, 12] {
            histogram.add(value);
        }
        let snapshot = histogram.snapshot();
        assert_eq!(snapshot.buckets, [(1, 2), (10, 2)]);
        assert_eq!(
            (snapshot.beyond, snapshot.sum, snapshot.count()),
            (2, 36, 6)
        );
    }
}
