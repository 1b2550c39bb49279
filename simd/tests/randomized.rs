//! Random elements on every backend against aws-lc-rs.
//!
//! A few by default. `MLS_LANES_X25519_ELEMENTS` and `MLS_LANES_P256_ELEMENTS` ask
//! for more, on each vector backend; the portable backend gets a tenth.

use aws_lc_rs::agreement;
use mls_lanes::{Backend, outputs, p256, x25519};

mod common;
use common::Randomness;

/// How many elements a batch has: whole groups, and some left over.
const BATCH: usize = 331;

/// The number in an environment variable, or else a few batches.
fn elements(variable: &str, backend: Backend) -> usize {
    let asked = std::env::var(variable).ok();
    let all = asked.map_or(10 * BATCH, |number| number.parse().expect("a number"));
    if backend.lanes() == 1 { all / 10 } else { all }
}

fn aws_lc(algorithm: &'static agreement::Algorithm, scalar: &[u8], point: &[u8]) -> [u8; 32] {
    let key = agreement::PrivateKey::from_private_key(algorithm, scalar).unwrap();
    let peer = agreement::UnparsedPublicKey::new(algorithm, point);
    agreement::agree(&key, peer, (), |secret| Ok(secret.try_into().unwrap())).unwrap()
}

fn aws_lc_public_key(algorithm: &'static agreement::Algorithm, scalar: &[u8]) -> Vec<u8> {
    let key = agreement::PrivateKey::from_private_key(algorithm, scalar).unwrap();
    key.compute_public_key().unwrap().as_ref().to_vec()
}

/// Compares batches until enough elements have run.
fn run(name: &str, variable: &str, compare_batch: impl Fn(Backend, &mut Randomness)) {
    for backend in common::backends() {
        let mut random = Randomness::new();
        let mut ran = 0;
        while ran < elements(variable, backend) {
            compare_batch(backend, &mut random);
            ran += BATCH;
        }
        println!("{backend}: {ran} random {name} elements");
    }
}

#[test]
fn x25519_elements() {
    run("X25519", "MLS_LANES_X25519_ELEMENTS", |backend, random| {
        let scalars: Vec<[u8; 32]> = (0..BATCH).map(|_| random.array()).collect();
        let points: Vec<[u8; 32]> = (0..BATCH).map(|_| random.array()).collect();
        let mut secrets = outputs(BATCH);
        x25519::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
        let mut public_keys = outputs(BATCH);
        x25519::public_keys(backend, &scalars, &mut public_keys).unwrap();
        for i in 0..BATCH {
            let expected = aws_lc(&agreement::X25519, &scalars[i], &points[i]);
            assert_eq!(
                secrets[i].as_ref().unwrap().as_bytes(),
                &expected,
                "{backend}"
            );
            let expected = aws_lc_public_key(&agreement::X25519, &scalars[i]);
            assert_eq!(public_keys[i].unwrap(), *expected, "{backend}");
        }
    });
}

#[test]
fn p256_elements() {
    run("P-256", "MLS_LANES_P256_ELEMENTS", |backend, random| {
        let scalars: Vec<[u8; 32]> = (0..BATCH).map(|_| random.p256_scalar()).collect();
        let mut public_keys = outputs(BATCH);
        p256::public_keys(backend, &scalars, &mut public_keys).unwrap();
        let public_keys: Vec<_> = public_keys.into_iter().map(Result::unwrap).collect();
        let mut points = public_keys.clone();
        points.rotate_left(1);
        let mut secrets = outputs(BATCH);
        p256::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
        for i in 0..BATCH {
            let expected = aws_lc(&agreement::ECDH_P256, &scalars[i], &points[i]);
            assert_eq!(
                secrets[i].as_ref().unwrap().as_bytes(),
                &expected,
                "{backend}"
            );
            let expected = aws_lc_public_key(&agreement::ECDH_P256, &scalars[i]);
            assert_eq!(public_keys[i].to_vec(), expected, "{backend}");
        }
    });
}
