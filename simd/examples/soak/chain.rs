//! The iteration of RFC 7748, section 5.2, on every backend.

use std::thread;

use mls_lanes::{Backend, SharedSecret, outputs, x25519};

use crate::differential::hex;

/// After how many iterations the RFC gives the value of k.
const MILESTONES: [(u64, &str); 3] = [
    (
        1,
        "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079",
    ),
    (
        1_000,
        "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51",
    ),
    (
        1_000_000,
        "7c3911e0ab2586fd864497297e575e6f3bc601c0883c30df5f4dd2d24f665424",
    ),
];

/// Iterates on every backend at once, each in a thread of its own.
///
/// # Panics
///
/// If a backend misses a milestone, or two of its lanes differ.
pub fn run(iterations: u64) {
    thread::scope(|scope| {
        for backend in Backend::available() {
            scope.spawn(move || iterate(backend, iterations));
        }
    });
}

/// The same chain in every lane.
fn iterate(backend: Backend, iterations: u64) {
    let mut u = vec![[0; x25519::LENGTH]; backend.lanes()];
    u.iter_mut().for_each(|u| u[0] = 9);
    let mut k = u.clone();
    let mut secrets = outputs::<SharedSecret>(backend.lanes());
    for iteration in 1..=iterations {
        x25519::diffie_hellman(backend, &k, &u, &mut secrets).expect("equal lengths");
        u.clone_from(&k);
        for (k, secret) in k.iter_mut().zip(&secrets) {
            *k = *secret
                .as_ref()
                .expect("no secret of the chain is zero")
                .as_bytes();
        }
        for (_, expected) in MILESTONES.iter().filter(|(at, _)| *at == iteration) {
            assert!(k.iter().all(|k| hex(k) == *expected), "{backend}: {k:x?}");
            println!(
                "{backend}: RFC 7748 iteration {iteration} in {} lanes",
                k.len()
            );
        }
    }
}
