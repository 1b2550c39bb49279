//! What was measured, and how it is said.

use std::time::Duration;

use serde_json::{Value, json};

use super::contender::{Contender, Contest};

/// Calls and their times, over all turns of a contender.
#[derive(Clone, Default)]
pub struct Samples {
    /// Microseconds of each call.
    calls: Vec<u32>,
    /// Signatures a second, in each turn.
    rates: Vec<f64>,
}

impl Samples {
    /// One turn: how many signatures in which time, and the time of each call.
    pub fn add(&mut self, signatures: usize, time: Duration, calls: Vec<u32>) {
        self.rates.push(signatures as f64 / time.as_secs_f64());
        self.calls.extend(calls);
    }

    /// Signatures a second: the median over the turns.
    pub fn rate(&self) -> f64 {
        let mut rates = self.rates.clone();
        rates.sort_by(f64::total_cmp);
        rates.get(rates.len() / 2).copied().unwrap_or(0.0)
    }

    fn percentile(&mut self, percent: usize) -> u32 {
        self.calls.sort_unstable();
        let place = self.calls.len() * percent / 100;
        let last = self.calls.len().saturating_sub(1);
        self.calls.get(place.min(last)).copied().unwrap_or(0)
    }
}

/// One line of output.
pub struct Row {
    module: &'static str,
    scheme: &'static str,
    engine: &'static str,
    sessions: usize,
    batch: usize,
    rate: f64,
    p50: u32,
    p99: u32,
    ratio: f64,
}

impl Row {
    /// `best` is the best rate of the bare module.
    pub fn new(
        contest: &Contest<'_>,
        contender: &Contender,
        samples: &mut Samples,
        best: f64,
    ) -> Self {
        let rate = samples.rate();
        Self {
            module: contest.module,
            scheme: contest.scheme.name,
            engine: contender.name(),
            sessions: contender.sessions(),
            batch: contender.batch(),
            rate,
            p50: samples.percentile(50),
            p99: samples.percentile(99),
            ratio: rate / best,
        }
    }

    /// For a program. The percentiles are those of one call: a signature or a batch.
    pub fn value(&self) -> Value {
        json!({
            "module": self.module,
            "scheme": self.scheme,
            "engine": self.engine,
            "sessions": self.sessions,
            "batch": self.batch,
            "signatures_per_s": (self.rate * 10.0).round() / 10.0,
            "p50_us": self.p50,
            "p99_us": self.p99,
            "ratio_to_bare": (self.ratio * 1000.0).round() / 1000.0,
        })
    }

    /// For a person.
    pub fn text(&self) -> String {
        format!(
            "{:9}  {:22}  {:10}  sessions {:2}  batch {:4}  {:8.0}/s  p50 {:7} us  p99 {:7} us  \
             {:.2} of bare",
            self.module,
            self.scheme,
            self.engine,
            self.sessions,
            self.batch,
            self.rate,
            self.p50,
            self.p99,
            self.ratio
        )
    }
}
