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
    claims: Family<[(&'static str, &'static str); 1], Counter>,
    /// Records written.
    pub records: Counter,
    /// Signatures dropped because an answer was stored in the meantime.
    pub raced: Counter,
    /// Transactions that failed.
    pub failures: Counter,
    /// How often the store came back after a failure.
    pub recoveries: Counter,
    /// Stored answers that the key did not sign.
    pub bad_answers: Counter,
    /// How often a log was found that is not what was written.
    pub rewritten: Counter,
    sync: Histogram,
    batch: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        let metrics = Self {
            claims: Family::default(),
            records: Counter::default(),
            raced: Counter::default(),
            failures: Counter::default(),
            recoveries: Counter::default(),
            bad_answers: Counter::default(),
            rewritten: Counter::default(),
            sync: Histogram::new(SECONDS),
            batch: Histogram::new(RECORDS),
        };
        // increase() of Prometheus does not see a counter's first step.
        for outcome in [ANSWERED, OURS, THEIRS] {
            metrics.claims.get_or_create_owned(&[("outcome", outcome)]);
        }
        metrics
    }
}

/// A claim that found a stored answer.
const ANSWERED: &str = "answered";
/// That gave the right and duty to sign.
const OURS: &str = "ours";
/// That found another claimant.
const THEIRS: &str = "theirs";

impl StoreMetrics {
    /// Has `registry` show them.
    pub fn register(&self, registry: &mut Registry) {
        let help =
            "Claims of requests, by whether they were answered before, are ours or another's";
        registry.register("store_claims", help, self.claims.clone());
        let counters = [
            ("store_records", "Records written", &self.records),
            (
                "store_raced_signatures",
                "Signatures that were not needed, since another was stored first",
                &self.raced,
            ),
            ("store_failures", "Transactions that failed", &self.failures),
            (
                "store_recoveries",
                "How often the database came back",
                &self.recoveries,
            ),
            (
                "store_bad_answers",
                "Stored answers that the key did not sign",
                &self.bad_answers,
            ),
            (
                "store_rewritten_logs",
                "How often a log was found that is not what was written",
                &self.rewritten,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        let help = "Seconds in which a transaction was made durable";
        let sync = self.sync.clone();
        registry.register_with_unit("store_sync_duration", help, Unit::Seconds, sync);
        let help = "Records in one transaction";
        registry.register("store_transaction_records", help, self.batch.clone());
    }

    pub(super) fn claimed(&self, claim: &Claim) {
        let outcome = match claim {
            Claim::Answered(_) => ANSWERED,
            Claim::Ours(_) => OURS,
            Claim::Theirs(_) => THEIRS,
        };
        self.claims.get_or_create(&[("outcome", outcome)]).inc();
    }

    pub(super) fn written(&self, records: usize, raced: usize, sync: Duration) {
        self.records.inc_by(records as u64);
        self.raced.inc_by(raced as u64);
        self.batch.observe(records as f64);
        self.sync.observe(sync.as_secs_f64());
    }
}
