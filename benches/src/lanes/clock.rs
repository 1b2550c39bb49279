//! The core's frequency, measured: what turns microseconds into cycles.
//!
//! The time-stamp counter will not do: it ticks at a fixed rate, while the core's own
//! clock rises with its boost and falls with its load, with wide vectors too. So a
//! chain of additions and rotations is timed, in which each waits for the one before:
//! a cycle each on every x86-64 and AArch64 core of the last decade. It is timed behind
//! every sample, on the same thread, when the clock still is what the sample left.
//!
//! A build without optimisations, and an emulator, give a figure that means nothing.

use std::{
    hint::black_box,
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

use crate::{BenchError, scenario::Trial};

/// The steps of a chain, which then takes some ten microseconds: hundreds of times the
/// resolution of the clock.
const STEPS: u32 = 20_000;

/// An addition and a rotation.
const CYCLES_PER_STEP: u32 = 2;

/// The chains of a reading, of which the fastest counts: an interruption lengthens one.
const CHAINS: usize = 3;

/// A trial whose every run is followed by a reading of the core's frequency, in
/// gigahertz.
pub(super) struct Clocked {
    pub(super) trial: Box<dyn Trial>,
    pub(super) readings: Sender<f64>,
}

impl Trial for Clocked {
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        let elapsed = self.trial.run(iterations)?;
        // A receiver that is gone wants no readings.
        let _ = self.readings.send(gigahertz());
        Ok(elapsed)
    }
}

/// One reading of the core's frequency, in gigahertz.
fn gigahertz() -> f64 {
    let fastest = (0..CHAINS).map(|_| chain()).fold(f64::INFINITY, f64::min);
    f64::from(STEPS * CYCLES_PER_STEP) / fastest
}

/// The nanoseconds of one chain.
fn chain() -> f64 {
    let start = Instant::now();
    // Unknown to the compiler: it can neither compute the sum of two steps beforehand,
    // nor use an addition of a constant, which some cores do without an adder.
    let addend = black_box(0x9e37_79b9_7f4a_7c15_u64);
    let mut value = black_box(1_u64);
    for _ in 0..STEPS {
        value = value.wrapping_add(addend).rotate_left(25);
    }
    black_box(value);
    start.elapsed().as_secs_f64() * 1e9
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    struct Second;

    impl Trial for Second {
        fn run(&mut self, _: u64) -> Result<Duration, BenchError> {
            Ok(Duration::from_secs(1))
        }
    }

    #[test]
    fn every_run_has_a_reading_that_its_time_does_not_contain() {
        let (readings, taken) = mpsc::channel();
        let trial = Box::new(Second);
        let mut clocked = Clocked { trial, readings };
        for _ in 0..2 {
            assert_eq!(clocked.run(1).unwrap(), Duration::from_secs(1));
        }
        drop(clocked);
        let taken: Vec<f64> = taken.iter().collect();
        println!("gigahertz: {taken:?}");
        assert_eq!(taken.len(), 2);
        assert!(
            taken
                .iter()
                .all(|reading| reading.is_normal() && *reading > 0.0)
        );
    }
}
