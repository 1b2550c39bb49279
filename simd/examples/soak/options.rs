//! The command line.

use std::{
    thread,
    time::{Duration, SystemTime},
};

/// What to run, and how long.
pub struct Options {
    pub seed: u64,
    pub threads: u64,
    /// How far the iteration of RFC 7748 goes.
    pub iterations: u64,
    seconds: Option<u64>,
    elements: Option<u64>,
}

impl Options {
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(name) = arguments.next() {
            let value = arguments.next().and_then(|value| value.parse().ok());
            let value: u64 = value.ok_or_else(|| format!("{name} needs a number"))?;
            match name.as_str() {
                "--seconds" => options.seconds = Some(value),
                "--elements" => options.elements = Some(value),
                "--seed" => options.seed = value,
                "--threads" => options.threads = value.max(1),
                "--iterations" => options.iterations = value,
                _ => return Err(format!("unknown option {name}")),
            }
        }
        Ok(options)
    }

    /// Whether a limit is reached.
    pub fn reached(&self, elapsed: Duration, elements: u64) -> bool {
        self.seconds.is_some_and(|limit| elapsed.as_secs() >= limit)
            || self.elements.is_some_and(|limit| elements >= limit)
    }
}

impl Default for Options {
    /// Without end, on every core, with a seed from the clock.
    fn default() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self {
            seed: now.expect("the clock is past 1970").as_nanos() as u64,
            threads: thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
            iterations: 1_000_000,
            seconds: None,
            elements: None,
        }
    }
}
