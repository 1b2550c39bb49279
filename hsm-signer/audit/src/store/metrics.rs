//! What the store counts and times.

use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

use super::claims::Claim;

/// Upper bounds of the time of a commit, in seconds.
const SECONDS: [f64; 14] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 10.0,
];

/// Upper bounds of how many records share a transaction.
const RECORDS: [f64; 11] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1_000.0, 2_000.0,
];

/// What the store has counted and timed since it was opened.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    counts: Family<[(&'static str, &'static str); 1], Counter>,
    /// Claims that found a stored answer.
    pub answered: Counter,
    /// Claims that gave the right and duty to sign.
    pub ours: Counter,
    /// Claims that found another claimant.
    pub theirs: Counter,
    /// Records written.
    pub records: Counter,
    /// Signatures dropped because an answer was stored in the meantime.
    pub raced: Counter,
    /// Transactions that failed.
    pub failures: Counter,
    /// Stored answers that the key did not sign.
    pub bad_answers: Counter,
    /// How often a log was found that is not what was written.
    pub rewritten: Counter,
    /// How often a checkpoint was not signed, or not kept.
    pub no_checkpoint: Counter,
    /// How often a checkpoint did not leave the database.
    pub unsent_checkpoint: Counter,
    /// How often the store came back after a failure.
    pub recoveries: Counter,
    sync: Histogram,
    batch: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        let counts = Family::<_, Counter>::default();
        let count = |what| counts.get_or_create_owned(&[("what", what)]);
        Self {
            answered: count("answered"),
            ours: count("ours"),
            theirs: count("theirs"),
            records: count("records"),
            raced: count("raced"),
            failures: count("failures"),
            bad_answers: count("bad_answers"),
            rewritten: count("rewritten"),
            no_checkpoint: count("no_checkpoint"),
            unsent_checkpoint: count("unsent_checkpoint"),
            recoveries: count("recoveries"),
            sync: Histogram::new(SECONDS),
            batch: Histogram::new(RECORDS),
            counts,
        }
    }
}

impl StoreMetrics {
    /// Has `registry` show them.
    pub fn register(&self, registry: &mut Registry) {
        let help = "What the store has counted since the start";
        registry.register("store", help, self.counts.clone());
        let help = "Seconds in which a transaction was made durable";
        let sync = self.sync.clone();
        registry.register_with_unit("store_sync_duration", help, Unit::Seconds, sync);
        let help = "Records in one transaction";
        registry.register("store_transaction_records", help, self.batch.clone());
    }

    pub(super) fn claimed(&self, claim: &Claim) {
        match claim {
            Claim::Answered(_) => &self.answered,
            Claim::Ours(_) => &self.ours,
            Claim::Theirs(_) => &self.theirs,
        }
        .inc();
    }

    pub(super) fn written(&self, records: usize, raced: usize, sync: Duration) {
        self.records.inc_by(records as u64);
        self.raced.inc_by(raced as u64);
        self.batch.observe(records as f64);
        self.sync.observe(sync.as_secs_f64());
    }
}
