//! Inputs and outputs that touch pages that may not be touched: an access outside
//! a slice kills the test.
#![cfg(target_os = "linux")]

use std::ptr;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use mls_lanes::{
    Backend, Error, SharedSecret, outputs, p256,
    vartime::{self, p256::Verdict},
    x25519,
};

mod common;

const PAGE: usize = 4096;
/// The pages between the two guards.
const PAGES: usize = 16;

/// Memory between two pages that may not be touched.
struct Guarded(*mut u8);

impl Guarded {
    fn new() -> Self {
        let length = (PAGES + 2) * PAGE;
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping, of which nothing else knows.
        let start = unsafe { libc::mmap(ptr::null_mut(), length, protection, flags, -1, 0) };
        assert_ne!(start, libc::MAP_FAILED);
        for guard in [0, (PAGES + 1) * PAGE] {
            // SAFETY: the page lies in the mapping.
            let refused = unsafe { libc::mprotect(start.byte_add(guard), PAGE, libc::PROT_NONE) };
            assert_eq!(refused, 0);
        }
        Self(start.cast())
    }

    /// A slice that ends where the upper guard begins, or begins where the lower
    /// one ends.
    fn slice<T: Clone>(&mut self, values: &[T], at_end: bool) -> &mut [T] {
        let length = size_of_val(values);
        assert!(length <= PAGES * PAGE && align_of::<T>() <= PAGE);
        let offset = if at_end {
            (PAGES + 1) * PAGE - length
        } else {
            PAGE
        };
        // SAFETY: the slice lies between the guards; its end and its beginning are
        // aligned, for a page's bounds are; every element is written before use.
        unsafe {
            let start = self.0.byte_add(offset).cast::<T>();
            for (i, value) in values.iter().enumerate() {
                start.add(i).write(value.clone());
            }
            std::slice::from_raw_parts_mut(start, values.len())
        }
    }
}

#[test]
fn nothing_outside_the_slices_is_touched() {
    let mut memory = [
        Guarded::new(),
        Guarded::new(),
        Guarded::new(),
        Guarded::new(),
    ];
    for backend in common::backends() {
        for length in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 64, 129] {
            for at_end in [false, true] {
                let [scalars, points, keys, out] = &mut memory;
                let scalars = scalars.slice(&vec![[7_u8; 32]; length], at_end);
                let points = points.slice(&vec![[9_u8; 32]; length], at_end);
                let out = out.slice(
                    &vec![Err::<[u8; 32], _>(Error::NotComputed); length],
                    at_end,
                );
                x25519::public_keys(backend, scalars, out).unwrap();
                assert!(out.iter().all(Result::is_ok));
                let mut secrets = outputs::<SharedSecret>(length);
                x25519::diffie_hellman(backend, scalars, points, &mut secrets).unwrap();
                assert!(secrets.iter().all(Result::is_ok));

                let keys = keys.slice(
                    &vec![Err::<[u8; 65], _>(Error::NotComputed); length],
                    at_end,
                );
                p256::public_keys(backend, scalars, keys).unwrap();
                let points: Vec<_> = keys.iter().map(|key| key.unwrap()).collect();
                let mut secrets = outputs::<SharedSecret>(length);
                p256::diffie_hellman(backend, scalars, &points, &mut secrets).unwrap();
                assert!(secrets.iter().all(Result::is_ok));
            }
        }
    }
}

/// The lengths of batches: around those of vectors and groups.
const LENGTHS: [usize; 10] = [1, 2, 3, 4, 5, 8, 9, 17, 64, 129];

#[test]
fn verifications_touch_nothing_outside_either() {
    let mut memory = [Guarded::new(), Guarded::new(), Guarded::new()];
    for backend in common::backends() {
        for length in LENGTHS {
            for at_end in [false, true] {
                verify_ed25519(backend, &mut memory, length, at_end);
                verify_p256(backend, &mut memory, length, at_end);
            }
        }
    }
}

fn verify_ed25519(backend: Backend, memory: &mut [Guarded; 3], length: usize, at_end: bool) {
    let [keys, messages, signatures] = memory;
    let pair = Ed25519KeyPair::generate().unwrap();
    // Over one block, two or three, with what is before a message.
    let message = messages.slice(&vec![7_u8; length], at_end);
    let signature: [u8; 64] = pair.sign(message).as_ref().try_into().unwrap();
    let key: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
    let keys = keys.slice(&vec![key; length], at_end);
    let signatures = signatures.slice(&vec![signature; length], at_end);
    let signed = keys.iter().zip(signatures.iter());
    let signed: Vec<_> = signed
        .map(|(key, signature)| vartime::ed25519::Signed {
            key,
            message,
            signature,
        })
        .collect();
    let verdicts = vartime::ed25519::verify(backend, &signed);
    assert_eq!(verdicts, vec![true; length]);
}

fn verify_p256(backend: Backend, memory: &mut [Guarded; 3], length: usize, at_end: bool) {
    let [keys, digests, signatures] = memory;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let signature = pair.sign(&SystemRandom::new(), b"message").unwrap();
    let signature: [u8; 64] = signature.as_ref().try_into().unwrap();
    let key: [u8; 65] = pair.public_key().as_ref().try_into().unwrap();
    let message: [u8; 32] = digest(&SHA256, b"message").as_ref().try_into().unwrap();
    let keys = keys.slice(&vec![key; length], at_end);
    let digests = digests.slice(&vec![message; length], at_end);
    let signatures = signatures.slice(&vec![signature; length], at_end);
    let signed = keys.iter().zip(digests.iter()).zip(signatures.iter());
    let signed: Vec<_> = signed
        .map(|((key, digest), signature)| vartime::p256::Signed {
            key,
            digest,
            signature,
        })
        .collect();
    let verdicts = vartime::p256::verify(backend, &signed);
    assert_eq!(verdicts, vec![Verdict::Good; length]);
}
