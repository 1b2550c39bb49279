//! Work long enough to time one by one, each with its own preparation.

use std::{hint::black_box, time::Duration};

use super::{Trial, timed::timed_part};
use crate::BenchError;

/// A piece of work on prepared state: what is timed, and what is done around it.
pub(super) trait Work: Send {
    /// What the work consumes.
    type Input;
    /// What it results in.
    type Output;

    /// Restores the state and makes the next input. Not timed.
    fn set_up(&mut self) -> Result<Self::Input, BenchError>;

    /// The work. Timed.
    fn work(&mut self, input: Self::Input) -> Result<Self::Output, BenchError>;

    /// Judges the result. Not timed.
    fn verify(&mut self, output: Self::Output) -> Result<(), BenchError>;

    /// [`Trial::least_iterations`].
    fn least_iterations(&self) -> u64 {
        1
    }
}

impl<W: Work> Trial for W {
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        let mut elapsed = Duration::ZERO;
        for _ in 0..iterations {
            let input = self.set_up()?;
            let (output, time) = timed_part(|| self.work(black_box(input)));
            elapsed += time;
            self.verify(output?)?;
        }
        Ok(elapsed)
    }

    fn least_iterations(&self) -> u64 {
        Work::least_iterations(self)
    }
}
