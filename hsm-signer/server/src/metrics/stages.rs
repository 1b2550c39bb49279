//! The parts of the way of a request, and how long each took.

use std::time::Duration;

/// A part of the way of a request; each has a latency histogram.
#[derive(Clone, Copy)]
pub enum Stage {
    /// The body is read.
    Read,
    /// It is decoded, checked against the policy, and its keys are looked up.
    Check,
    /// The store is asked for earlier answers.
    Claim,
    /// It waits for its turn at a session.
    Queue,
    /// The engine signs and verifies.
    Sign,
    /// Answers and audit records become durable.
    Record,
    Total,
}

/// The stages' names in metrics and in the Server-Timing header.
const STAGES: [&str; 7] = ["read", "check", "claim", "queue", "sign", "record", "total"];

/// How long each stage of one request took.
#[derive(Clone, Copy, Debug, Default)]
pub struct StageTimes([Duration; STAGES.len()]);

impl StageTimes {
    pub fn set(&mut self, stage: Stage, time: Duration) {
        self.0[stage as usize] = time;
    }

    /// The stages that took any time.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, Duration)> {
        let all = STAGES.into_iter().zip(self.0);
        all.filter(|(_, time)| !time.is_zero())
    }

    /// The value of a Server-Timing header: durations in milliseconds.
    pub fn header(&self) -> String {
        let mut parts = Vec::new();
        for (stage, time) in self.iter() {
            parts.push(format!("{stage};dur={:.3}", time.as_secs_f64() * 1e3));
        }
        parts.join(", ")
    }
}
