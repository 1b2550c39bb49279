//! Compares every backend with aws-lc-rs on random elements, until it is stopped
//! or finds a difference, and runs the long iteration of RFC 7748.
//!
//! ```text
//! soak [--seconds N] [--elements N] [--seed N] [--threads N] [--iterations N]
//! ```
//!
//! Without a limit it has no end. The iteration of RFC 7748, section 5.2, comes
//! first, by default to the millionth; 0 leaves it out. A difference is printed in
//! hexadecimal with the seed of its thread, which alone repeats it.

use std::{
    process::ExitCode,
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use mls_lanes::Backend;

mod chain;
mod options;
mod random;

#[path = "../../tests/differential/mod.rs"]
mod differential;

use differential::{Difference, Operation, compare_with, generate, oracle};
use options::Options;
use random::Random;

/// The most elements of a batch: more than one group of any backend.
const LONGEST: usize = 300;
/// How often a line is printed.
const PROGRESS: Duration = Duration::from_secs(10);

fn main() -> ExitCode {
    let options = match Options::from_arguments(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("seed {}, backends {:?}", options.seed, Backend::available());
    chain::run(options.iterations);
    match soak(&options) {
        Ok(elements) => {
            println!("seed {}: {elements} elements, no difference", options.seed);
            ExitCode::SUCCESS
        }
        Err((seed, difference)) => {
            eprintln!("DIFFERENCE (repeat it with --seed {seed} --threads 1 --iterations 0)");
            eprintln!("{difference}");
            ExitCode::FAILURE
        }
    }
}

/// What the threads share.
struct Progress {
    elements: AtomicU64,
    stop: AtomicBool,
}

/// Runs until a limit; returns how many elements were compared, those of each
/// backend counted, or the first difference and the seed of its thread.
fn soak(options: &Options) -> Result<u64, (u64, Box<Difference>)> {
    let progress = Progress {
        elements: AtomicU64::new(0),
        stop: AtomicBool::new(false),
    };
    let (sender, differences) = mpsc::channel();
    thread::scope(|scope| {
        for seed in (0..options.threads).map(|i| options.seed.wrapping_add(i)) {
            let (sender, progress) = (sender.clone(), &progress);
            scope.spawn(move || {
                if let Err(difference) = work(seed, progress) {
                    // The receiver lives as long as the scope.
                    let _ = sender.send((seed, difference));
                }
            });
        }
        drop(sender);
        let found = watch(options, &progress, &differences);
        progress.stop.store(true, Relaxed);
        found.map_or(Ok(()), Err)
    })?;
    Ok(progress.elements.into_inner())
}

/// One thread: batch after batch, each on every backend.
fn work(seed: u64, progress: &Progress) -> Result<(), Box<Difference>> {
    let mut random = Random::new(seed);
    let backends = Backend::available();
    while !progress.stop.load(Relaxed) {
        for operation in Operation::ALL {
            let count = random.batch_length(LONGEST);
            let elements = generate::batch(&mut random, operation, count);
            let expected: Vec<_> = elements
                .iter()
                .map(|element| oracle::outcome(operation, element))
                .collect();
            for backend in &backends {
                compare_with(*backend, operation, &elements, &expected)?;
                progress.elements.fetch_add(count as u64, Relaxed);
            }
        }
    }
    Ok(())
}

/// Prints progress until a limit is reached or a thread has found a difference.
fn watch(
    options: &Options,
    progress: &Progress,
    differences: &mpsc::Receiver<(u64, Box<Difference>)>,
) -> Option<(u64, Box<Difference>)> {
    let start = Instant::now();
    let mut printed = start;
    loop {
        if let Ok(found) = differences.recv_timeout(Duration::from_millis(100)) {
            return Some(found);
        }
        let elements = progress.elements.load(Relaxed);
        if printed.elapsed() >= PROGRESS {
            let seconds = start.elapsed().as_secs();
            println!("seed {}: {elements} elements in {seconds} s", options.seed);
            printed = Instant::now();
        }
        if options.reached(start.elapsed(), elements) {
            return differences.try_recv().ok();
        }
    }
}
