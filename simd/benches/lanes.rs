//! Every backend against aws-lc-rs and x25519-dalek, in one process.
//!
//! The engines take turns, so that a change of clock or a busy neighbour meets them
//! all; the speedup is the median over the rounds of aws-lc-rs's time divided by
//! the engine's in the same round. Run it with `cargo bench -p mls_lanes`; a name
//! or part of one as an argument chooses among the operations.

use std::{cell::RefCell, hint::black_box, time::Instant};

use aws_lc_rs::agreement;
use mls_lanes::{Backend, outputs, p256, x25519};

const BATCHES: [usize; 6] = [1, 4, 8, 16, 64, 512];
const ROUNDS: usize = 41;

/// One way of doing an operation on a batch.
struct Engine {
    name: &'static str,
    run: Box<dyn Fn()>,
}

/// One operation: how to make its engines for a batch.
struct Operation {
    name: &'static str,
    engines: fn(usize) -> Vec<Engine>,
}

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "x25519-agree",
        engines: x25519_agree,
    },
    Operation {
        name: "x25519-keygen",
        engines: x25519_keygen,
    },
    Operation {
        name: "p256-agree",
        engines: p256_agree,
    },
    Operation {
        name: "p256-keygen",
        engines: p256_keygen,
    },
];

fn main() {
    let wanted = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    println!(
        "{:14} {:11} {:>5} {:>10} {:>10} {:>8}",
        "op", "engine", "batch", "median us", "min us", "speedup"
    );
    for operation in OPERATIONS {
        if wanted
            .as_ref()
            .is_none_or(|wanted| operation.name.contains(wanted.as_str()))
        {
            BATCHES.iter().for_each(|batch| compare(operation, *batch));
        }
    }
}

/// Measures the engines in turns; the first is what the others are compared with.
fn compare(operation: &Operation, batch: usize) {
    let engines = (operation.engines)(batch);
    let repeats = (64 / batch).max(1);
    let mut times = vec![Vec::new(); engines.len()];
    for _ in 0..ROUNDS {
        for (engine, times) in engines.iter().zip(&mut times) {
            times.push(time(&engine.run, repeats) / (batch * repeats) as f64);
        }
    }
    for (engine, own) in engines.iter().zip(&times) {
        let ratios = times[0]
            .iter()
            .zip(own)
            .map(|(base, own)| base / own)
            .collect();
        println!(
            "{:14} {:11} {batch:5} {:10.3} {:10.3} {:8.2}",
            operation.name,
            engine.name,
            median(own.clone()),
            own.iter().copied().fold(f64::INFINITY, f64::min),
            median(ratios),
        );
    }
}

/// Microseconds for some repetitions.
fn time(run: &dyn Fn(), repeats: usize) -> f64 {
    let start = Instant::now();
    for _ in 0..repeats {
        run();
    }
    start.elapsed().as_secs_f64() * 1e6
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn scalars(batch: usize) -> Vec<[u8; 32]> {
    (0..batch)
        .map(|i| core::array::from_fn(|j| (i * 37 + j * 101 + 7) as u8))
        .collect()
}

fn x25519_agree(batch: usize) -> Vec<Engine> {
    let scalars = scalars(batch);
    let mut points = outputs(batch);
    x25519::public_keys(Backend::best(), &scalars, &mut points).unwrap();
    let points: Vec<[u8; 32]> = points.into_iter().map(Result::unwrap).collect();
    let mut engines = vec![
        aws_lc_agree(
            &agreement::X25519,
            &scalars,
            points.iter().map(|point| point.to_vec()),
        ),
        dalek_agree(scalars.clone(), points.clone()),
    ];
    engines.extend(Backend::available().into_iter().map(|backend| {
        let (scalars, points) = (scalars.clone(), points.clone());
        let secrets = RefCell::new(outputs(batch));
        let run = move || {
            x25519::diffie_hellman(backend, &scalars, &points, &mut secrets.borrow_mut()).unwrap();
        };
        Engine {
            name: backend.name(),
            run: Box::new(run),
        }
    }));
    engines
}

fn aws_lc_agree(
    algorithm: &'static agreement::Algorithm,
    scalars: &[[u8; 32]],
    points: impl Iterator<Item = Vec<u8>>,
) -> Engine {
    let keys: Vec<_> = scalars
        .iter()
        .map(|scalar| agreement::PrivateKey::from_private_key(algorithm, scalar).unwrap())
        .collect();
    let points: Vec<_> = points.collect();
    let run = move || {
        for (key, point) in keys.iter().zip(&points) {
            let peer = agreement::UnparsedPublicKey::new(algorithm, point);
            agreement::agree(key, peer, (), |secret| {
                black_box(secret);
                Ok(())
            })
            .unwrap();
        }
    };
    Engine {
        name: "aws-lc-rs",
        run: Box::new(run),
    }
}

fn aws_lc_keygen(algorithm: &'static agreement::Algorithm, batch: usize) -> Engine {
    let run = move || {
        for _ in 0..batch {
            let key = agreement::PrivateKey::generate(algorithm).unwrap();
            black_box(key.compute_public_key().unwrap());
        }
    };
    Engine {
        name: "aws-lc-rs",
        run: Box::new(run),
    }
}

fn dalek_agree(scalars: Vec<[u8; 32]>, points: Vec<[u8; 32]>) -> Engine {
    let run = move || {
        for (scalar, point) in scalars.iter().zip(&points) {
            black_box(x25519_dalek::x25519(*scalar, *point));
        }
    };
    Engine {
        name: "dalek",
        run: Box::new(run),
    }
}

fn x25519_keygen(batch: usize) -> Vec<Engine> {
    let scalars = scalars(batch);
    let mut engines = vec![
        aws_lc_keygen(&agreement::X25519, batch),
        dalek_keygen(scalars.clone()),
    ];
    engines.extend(Backend::available().into_iter().map(|backend| {
        let scalars = scalars.clone();
        let public_keys = RefCell::new(outputs(batch));
        let run = move || {
            x25519::public_keys(backend, &scalars, &mut public_keys.borrow_mut()).unwrap();
        };
        Engine {
            name: backend.name(),
            run: Box::new(run),
        }
    }));
    engines
}

fn dalek_keygen(scalars: Vec<[u8; 32]>) -> Engine {
    let run = move || {
        for scalar in &scalars {
            black_box(curve25519_dalek::MontgomeryPoint::mul_base_clamped(*scalar));
        }
    };
    Engine {
        name: "dalek",
        run: Box::new(run),
    }
}

fn p256_agree(batch: usize) -> Vec<Engine> {
    let scalars = scalars(batch);
    let mut points = outputs(batch);
    p256::public_keys(Backend::best(), &scalars, &mut points).unwrap();
    let points: Vec<[u8; 65]> = points.into_iter().map(Result::unwrap).collect();
    let peers = points.iter().map(|point| point.to_vec());
    let mut engines = vec![aws_lc_agree(&agreement::ECDH_P256, &scalars, peers)];
    engines.extend(Backend::available().into_iter().map(|backend| {
        let (scalars, points) = (scalars.clone(), points.clone());
        let secrets = RefCell::new(outputs(batch));
        let run = move || {
            p256::diffie_hellman(backend, &scalars, &points, &mut secrets.borrow_mut()).unwrap();
        };
        Engine {
            name: backend.name(),
            run: Box::new(run),
        }
    }));
    engines
}

fn p256_keygen(batch: usize) -> Vec<Engine> {
    let scalars = scalars(batch);
    let mut engines = vec![aws_lc_keygen(&agreement::ECDH_P256, batch)];
    engines.extend(Backend::available().into_iter().map(|backend| {
        let scalars = scalars.clone();
        let public_keys = RefCell::new(outputs(batch));
        let run = move || {
            p256::public_keys(backend, &scalars, &mut public_keys.borrow_mut()).unwrap();
        };
        Engine {
            name: backend.name(),
            run: Box::new(run),
        }
    }));
    engines
}
