//! Every entry to the lanes on threads with small stacks, in a build that is not optimised: its
//! frames are the largest that there are.

use std::thread::Builder;

use mls_lanes::{Backend, Error, SharedSecret, p256, x25519};
use openmls_hw_crypto::{HwCrypto, SUITES, SignedMessage};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{HpkeKeyPair, SignatureScheme};

/// The least that musl and Go give a thread; Rust gives 2 MiB.
const STACK: usize = 256 * 1024;

const SIZES: [usize; 4] = [1, 2, 16, 300];

fn on_a_small_stack(work: impl FnOnce() + Send + 'static) {
    let thread = Builder::new().stack_size(STACK).spawn(work);
    thread.unwrap().join().unwrap();
}

/// Both curves' functions, for a backend and a number of elements.
fn lanes(backend: Backend, size: usize) {
    let scalars = vec![[7; 32]; size];
    let secret = || -> Result<SharedSecret, Error> { Err(Error::NotComputed) };

    let mut points: Vec<Result<[u8; 32], Error>> = vec![Err(Error::NotComputed); size];
    x25519::public_keys(backend, &scalars, &mut points).unwrap();
    let points: Vec<_> = points.into_iter().map(Result::unwrap).collect();
    let mut secrets: Vec<_> = (0..size).map(|_| secret()).collect();
    x25519::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
    assert!(secrets.iter().all(Result::is_ok));

    let mut points: Vec<Result<[u8; 65], Error>> = vec![Err(Error::NotComputed); size];
    p256::public_keys(backend, &scalars, &mut points).unwrap();
    let points: Vec<_> = points.into_iter().map(Result::unwrap).collect();
    let mut secrets: Vec<_> = (0..size).map(|_| secret()).collect();
    p256::diffie_hellman(backend, &scalars, &points, &mut secrets).unwrap();
    assert!(secrets.iter().all(Result::is_ok));
}

#[test]
fn lanes_need_little_stack() {
    let mut ran = 0;
    for backend in Backend::available() {
        for size in SIZES {
            on_a_small_stack(move || lanes(backend, size));
            ran += 1;
        }
        println!("lanes on {} KiB of stack: {backend}", STACK / 1024);
    }
    assert_eq!(ran, SIZES.len() * Backend::available().len());
}

/// What is prepared is used, and opens.
fn seals(crypto: &HwCrypto, size: usize) {
    for suite in SUITES {
        let config = || suite.ciphersuite.hpke_config();
        let pairs = crypto.generate_hpke_keypairs(config(), size).unwrap();
        let keys: Vec<&[u8]> = pairs.iter().map(|pair| &pair.public[..]).collect();
        let prepared = crypto.prepare_seals(config().0, &keys).unwrap();
        assert_eq!(prepared.unused(), size);
        for HpkeKeyPair { public, private } in &pairs {
            let sealed = crypto.hpke_seal(config(), public, b"info", b"aad", b"plaintext");
            let opened = crypto.hpke_open(config(), &sealed.unwrap(), private, b"info", b"aad");
            assert_eq!(opened.unwrap(), b"plaintext");
        }
        assert_eq!(prepared.unused(), 0);
        let seeds: Vec<[u8; 32]> = (0..size).map(|seed| [seed as u8; 32]).collect();
        let derived = crypto.derive_hpke_keypairs_batch(config(), &seeds);
        assert_eq!(derived.len(), size);
    }
}

fn verifications(crypto: &HwCrypto, size: usize) {
    let schemes = [
        SignatureScheme::ED25519,
        SignatureScheme::ECDSA_SECP256R1_SHA256,
        SignatureScheme::ECDSA_SECP384R1_SHA384,
        SignatureScheme::ECDSA_SECP521R1_SHA512,
    ];
    for scheme in schemes {
        let (private, public_key) = crypto.signature_key_gen(scheme).unwrap();
        let signature = crypto.sign(scheme, b"message", &private).unwrap();
        let one = || SignedMessage {
            scheme,
            message: b"message".to_vec(),
            public_key: &public_key,
            signature: &signature,
        };
        let all: Vec<_> = (0..size).map(|_| one()).collect();
        assert_eq!(crypto.prepare_verifications(&all).unwrap().unused(), size);
    }
}

#[test]
fn preparing_needs_little_stack() {
    let threads = rayon::ThreadPoolBuilder::new().stack_size(STACK);
    threads.build_global().unwrap();
    let crypto = HwCrypto::default();
    println!("{:?}", crypto.status());
    for size in SIZES {
        let crypto = crypto.clone();
        on_a_small_stack(move || {
            seals(&crypto, size);
            verifications(&crypto, size);
        });
    }
}
