//! A third look at constant time, after the checks of branches and addresses: are
//! the times for one fixed scalar and for random scalars distributed alike?
//!
//! The method is Reparaz, Balasch and Verbauwhede, "Dude, is my code constant
//! time?" (DATE 2017): in random order a batch has either the same scalar in every
//! lane or random ones; Welch's t compares the two means, over all times and with
//! the slowest cut off at several percentiles, and the largest |t| counts. The
//! paper takes |t| > 10 for a leak, < 5 for none seen. A busy or virtual
//! machine can raise it, so this prints and never fails. The control leaks on
//! purpose; unless its |t| is large, the look saw nothing.
//!
//! `cargo bench --package mls_lanes --bench dudect -- [--measurements N]`

use std::{cell::RefCell, hint::black_box, time::Instant};

use mls_lanes::{Backend, SharedSecret, outputs, p256, x25519};

#[path = "../tests/common/mod.rs"]
mod common;

use common::Randomness;

type Scalar = [u8; 32];

const MEASUREMENTS: usize = 20_000;
/// Measured but not counted, until caches and the clock have settled.
const WARM_UP: usize = 200;
/// The shares of the fastest times that are compared.
const PERCENTILES: [f64; 6] = [1.0, 0.99, 0.95, 0.9, 0.75, 0.5];

/// The fixed scalars: zero but for one bit, so that both curves admit it, and a
/// window or a step that depends on the digit is as different as can be.
const FIXED: Scalar = {
    let mut scalar = [0; 32];
    scalar[31] = 1;
    scalar
};

/// A function of a batch of scalars.
type Run = dyn Fn(&[Scalar]);

/// One function under test.
struct Subject {
    name: String,
    batch: usize,
    run: Box<Run>,
}

fn main() {
    let measurements = measurements();
    let mut random = Randomness::new();
    println!("{:24} {:>12} {:>8}", "subject", "measurements", "max |t|");
    for subject in subjects(&mut random) {
        let [fixed, any] = measure(&subject, measurements, &mut random);
        let t = largest_t(fixed, any);
        println!("{:24} {measurements:12} {t:8.2}", subject.name);
    }
}

/// The number after `--measurements`; cargo's own arguments are passed over.
fn measurements() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--measurements");
    let number = arguments.nth(1);
    number.map_or(MEASUREMENTS, |number| number.parse().expect("a number"))
}

fn subjects(random: &mut Randomness) -> Vec<Subject> {
    let mut subjects = vec![control()];
    for backend in Backend::available() {
        subjects.extend([
            x25519_agree(backend, random),
            x25519_keygen(backend),
            p256_agree(backend, random),
            p256_keygen(backend),
        ]);
    }
    subjects
}

/// Leaks by design: a loop as long as the scalar has bits set.
fn control() -> Subject {
    let run = |scalars: &[Scalar]| {
        let ones: u32 = scalars.iter().flatten().map(|byte| byte.count_ones()).sum();
        for i in 0..ones {
            black_box(i);
        }
    };
    Subject {
        name: "control (leaks)".to_owned(),
        batch: 8,
        run: Box::new(run),
    }
}

fn x25519_agree(backend: Backend, random: &mut Randomness) -> Subject {
    let points: Vec<Scalar> = (0..backend.lanes()).map(|_| random.array()).collect();
    let secrets = RefCell::new(outputs::<SharedSecret>(backend.lanes()));
    subject(backend, "x25519-agree", move |scalars| {
        x25519::diffie_hellman(backend, scalars, &points, &mut secrets.borrow_mut()).unwrap();
    })
}

fn x25519_keygen(backend: Backend) -> Subject {
    let public_keys = RefCell::new(outputs(backend.lanes()));
    subject(backend, "x25519-keygen", move |scalars| {
        x25519::public_keys(backend, scalars, &mut public_keys.borrow_mut()).unwrap();
    })
}

fn p256_agree(backend: Backend, random: &mut Randomness) -> Subject {
    let scalars: Vec<Scalar> = (0..backend.lanes()).map(|_| random.p256_scalar()).collect();
    let mut points = outputs(scalars.len());
    p256::public_keys(backend, &scalars, &mut points).unwrap();
    let points: Vec<[u8; 65]> = points.into_iter().map(Result::unwrap).collect();
    let secrets = RefCell::new(outputs::<SharedSecret>(backend.lanes()));
    subject(backend, "p256-agree", move |scalars| {
        p256::diffie_hellman(backend, scalars, &points, &mut secrets.borrow_mut()).unwrap();
    })
}

fn p256_keygen(backend: Backend) -> Subject {
    let public_keys = RefCell::new(outputs(backend.lanes()));
    subject(backend, "p256-keygen", move |scalars| {
        p256::public_keys(backend, scalars, &mut public_keys.borrow_mut()).unwrap();
    })
}

fn subject(backend: Backend, operation: &str, run: impl Fn(&[Scalar]) + 'static) -> Subject {
    Subject {
        name: format!("{operation} {backend}"),
        batch: backend.lanes(),
        run: Box::new(run),
    }
}

/// The times in nanoseconds of fixed and of random scalars. Both are copied to the
/// same place before the clock starts.
fn measure(subject: &Subject, measurements: usize, random: &mut Randomness) -> [Vec<f64>; 2] {
    let mut times = [Vec::new(), Vec::new()];
    let mut scalars = vec![FIXED; subject.batch];
    for measurement in 0..WARM_UP + measurements {
        let class = (random.word() & 1) as usize;
        for scalar in &mut scalars {
            *scalar = [FIXED, random.p256_scalar()][class];
        }
        let start = Instant::now();
        (subject.run)(black_box(&scalars));
        let time = start.elapsed().as_nanos() as f64;
        if measurement >= WARM_UP {
            times[class].push(time);
        }
    }
    times
}

/// The largest |t| over the percentiles of all times together.
fn largest_t(fixed: Vec<f64>, any: Vec<f64>) -> f64 {
    let mut all: Vec<_> = fixed.iter().chain(&any).copied().collect();
    all.sort_by(f64::total_cmp);
    let limits = PERCENTILES.map(|share| all[((all.len() - 1) as f64 * share) as usize]);
    let cut = |times: &[f64], limit| -> Vec<f64> {
        times
            .iter()
            .copied()
            .filter(|time| *time <= limit)
            .collect()
    };
    let t = limits.map(|limit| welch_t(&cut(&fixed, limit), &cut(&any, limit)).abs());
    t.into_iter().fold(0.0, f64::max)
}

/// Welch's t: the difference of the means in units of its standard error.
fn welch_t(a: &[f64], b: &[f64]) -> f64 {
    let ((mean_a, error_a), (mean_b, error_b)) = (mean_and_error(a), mean_and_error(b));
    (mean_a - mean_b) / (error_a + error_b).sqrt()
}

/// The mean, and the variance of the mean.
fn mean_and_error(times: &[f64]) -> (f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let squares: f64 = times.iter().map(|time| (time - mean).powi(2)).sum();
    (mean, squares / (count - 1.0) / count)
}
