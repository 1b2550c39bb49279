//! The options that every measurement has.

use std::time::Duration;

use clap::Args;

use crate::{BenchError, measure::Plan};

#[derive(Debug, Args)]
pub(super) struct Sampling {
    /// The number of samples from each engine
    #[arg(long, default_value_t = 101, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The seconds after which a measurement ends with fewer samples, three at least
    #[arg(long, default_value = "5", value_parser = parse_budget, allow_negative_numbers = true)]
    seconds: Duration,
    /// Print one JSON object a line instead of the table
    #[arg(long)]
    pub(super) json: bool,
}

impl Sampling {
    pub(super) fn plan(&self) -> Plan {
        Plan {
            runs: self.runs as usize,
            budget: self.seconds,
        }
    }
}

fn parse_budget(text: &str) -> Result<Duration, BenchError> {
    text.parse()
        .ok()
        .filter(|&seconds: &f64| seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| BenchError::InvalidBudget {
            given: text.to_owned(),
        })
}
