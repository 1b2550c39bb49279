//! Many threads that seal to the same keys while guards come and go: each encapsulation is used
//! once, and a panic in one thread takes nothing from the others.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use mls_tests::choices::Choices;
use mls_tests::openers::{AAD, INFO, assert_opens, openers, print_engines};
use openmls_hw_crypto::{HwCrypto, SUITES};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{Ciphersuite, HpkeCiphertext, HpkeKeyPair};
use rayon::prelude::*;

const SEALERS: usize = 16;
const PREPARERS: usize = 3;
const RECIPIENTS: usize = 12;

/// The thread that panics, and the message it does so with.
const PANICKING: usize = 5;
const PANIC: &str = "a thread panics on purpose";

/// Recipients, the provider that seals to them, and what the threads are up to.
struct Stress {
    suite: Ciphersuite,
    crypto: HwCrypto,
    pairs: Vec<HpkeKeyPair>,
    seals_each: usize,
    is_done: AtomicBool,
    guards: AtomicUsize,
}

/// A message and the place of its recipient.
type Sealed = (usize, HpkeCiphertext);

impl Stress {
    fn new(suite: Ciphersuite, seals_each: usize) -> Self {
        let crypto = HwCrypto::default();
        let pairs = crypto.generate_hpke_keypairs(suite.hpke_config(), RECIPIENTS);
        Self {
            suite,
            pairs: pairs.unwrap(),
            crypto,
            seals_each,
            is_done: AtomicBool::new(false),
            guards: AtomicUsize::new(0),
        }
    }

    fn seal(&self, crypto: &HwCrypto, recipient: usize) -> Sealed {
        let key = &self.pairs[recipient].public;
        let sealed = crypto.hpke_seal(self.suite.hpke_config(), key, INFO, AAD, b"pt");
        (recipient, sealed.unwrap())
    }

    /// Every key, each a random number of times.
    fn some_keys(&self, choices: &mut Choices) -> Vec<&[u8]> {
        let keys = self.pairs.iter().map(|pair| &pair.public[..]);
        keys.flat_map(|key| vec![key; choices.below(4)]).collect()
    }

    /// Keeps up to three guards alive and drops one of them at random, until all is sealed.
    fn prepare(&self, mut choices: Choices) {
        let mut guards = Vec::new();
        while !self.is_done.load(Ordering::Relaxed) {
            let keys = self.some_keys(&mut choices);
            let guard = self.crypto.prepare_seals(self.suite.hpke_config().0, &keys);
            guards.push(guard.unwrap());
            self.guards.fetch_add(1, Ordering::Relaxed);
            if guards.len() == 3 {
                drop(guards.swap_remove(choices.below(3)));
            }
        }
    }

    /// Seals; one thread panics half-way, with a guard of its own.
    fn seal_all(&self, thread: usize, mut choices: Choices) -> Vec<Sealed> {
        let crypto = self.crypto.clone();
        let mut sealed = Vec::new();
        let sealing = catch_unwind(AssertUnwindSafe(|| {
            let keys = self.some_keys(&mut choices);
            let _guard = (thread == PANICKING).then(|| {
                crypto
                    .prepare_seals(self.suite.hpke_config().0, &keys)
                    .unwrap()
            });
            for i in 0..self.seals_each {
                assert!(thread != PANICKING || i < self.seals_each / 2, "{PANIC}");
                sealed.push(self.seal(&crypto, choices.below(RECIPIENTS)));
            }
        }));
        assert_eq!(sealing.is_err(), thread == PANICKING);
        sealed
    }

    /// As OpenMLS seals: from the threads of rayon's pool.
    fn seal_in_rayon(&self) -> Vec<Sealed> {
        let seals = (0..self.seals_each).into_par_iter();
        seals
            .map(|i| self.seal(&self.crypto, i % RECIPIENTS))
            .collect()
    }

    fn run(&self) -> Vec<Sealed> {
        thread::scope(|scope| {
            for _ in 0..PREPARERS {
                let choices = Choices::new("preparer");
                scope.spawn(|| self.prepare(choices));
            }
            let sealers: Vec<_> = (0..SEALERS)
                .map(|thread| {
                    let choices = Choices::new("sealer");
                    scope.spawn(move || self.seal_all(thread, choices))
                })
                .collect();
            let in_rayon = scope.spawn(|| self.seal_in_rayon());
            let mut sealed: Vec<Sealed> = sealers
                .into_iter()
                .chain([in_rayon])
                .map(|sealer| sealer.join())
                .collect::<Result<Vec<_>, _>>()
                .map(|sealed| sealed.into_iter().flatten().collect())
                .unwrap_or_else(|panic| {
                    self.is_done.store(true, Ordering::Relaxed);
                    resume_unwind(panic)
                });
            self.is_done.store(true, Ordering::Relaxed);
            // Whatever happened, the provider still works.
            sealed.extend((0..RECIPIENTS).map(|i| self.seal(&self.crypto, i)));
            sealed
        })
    }
}

fn stress(suite: Ciphersuite, seals_each: usize) {
    let stress = Stress::new(suite, seals_each);
    print_engines(&stress.crypto);
    let keys: Vec<_> = stress.pairs.iter().map(|pair| &pair.public).collect();
    let kem = suite.hpke_config().0;
    let kept: Vec<_> = (0..3)
        .map(|_| stress.crypto.prepare_seals(kem, &keys).unwrap())
        .collect();
    let sealed = stress.run();
    let messages = seals_each * SEALERS + seals_each / 2 + RECIPIENTS;
    assert_eq!(sealed.len(), messages);

    let encs: HashSet<_> = sealed
        .iter()
        .map(|(_, sealed)| sealed.kem_output.as_slice())
        .collect();
    assert_eq!(encs.len(), messages, "an encapsulation was used twice");
    let opened: usize = sealed
        .par_iter()
        .map(|(recipient, sealed)| assert_opens(suite, &stress.pairs[*recipient], sealed, b"pt"))
        .sum();
    assert_eq!(opened, messages * openers(suite).count());
    for guard in &kept {
        assert_eq!(
            guard.unused(),
            0,
            "every key was sealed to more than three times"
        );
    }
    let guards = stress.guards.load(Ordering::Relaxed);
    println!("{suite:?}: {messages} messages, {guards} guards made meanwhile, {opened} opened");
    assert!(guards > PREPARERS);
}

#[test]
fn sixteen_threads_share_x25519_encapsulations() {
    stress(SUITES[0].ciphersuite, 150);
}

#[test]
fn sixteen_threads_share_p256_encapsulations() {
    stress(SUITES[1].ciphersuite, 100);
}

#[test]
fn sixteen_threads_share_p384_encapsulations() {
    stress(Ciphersuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384, 40);
}

/// A key or a plaintext whose `as_ref` panics at its second use, wherever that is.
struct Bomb<'a> {
    bytes: &'a [u8],
    fuse: Option<AtomicUsize>,
}

impl AsRef<[u8]> for Bomb<'_> {
    fn as_ref(&self) -> &[u8] {
        if let Some(fuse) = &self.fuse {
            assert!(fuse.fetch_sub(1, Ordering::Relaxed) > 1, "{PANIC}");
        }
        self.bytes
    }
}

/// A panic of the caller's own code, inside of the provider, is passed on and leaves it as it was.
#[test]
fn a_panic_inside_poisons_nothing() {
    let suite = SUITES[0].ciphersuite;
    let stress = Stress::new(suite, 0);
    let kem = suite.hpke_config().0;
    let keys: Vec<_> = stress.pairs.iter().map(|pair| &pair.public[..]).collect();
    let kept = stress.crypto.prepare_seals(kem, &keys).unwrap();
    let mut panics = 0;
    for place in 0..RECIPIENTS {
        for fuse in 1..3 {
            let bombs: Vec<_> = (keys.iter().enumerate())
                .map(|(i, bytes)| Bomb {
                    bytes,
                    fuse: (i == place).then(|| AtomicUsize::new(fuse)),
                })
                .collect();
            let preparing = catch_unwind(AssertUnwindSafe(|| {
                stress.crypto.prepare_seals(kem, &bombs).map(drop)
            }));
            let sealing = catch_unwind(AssertUnwindSafe(|| {
                let recipients: Vec<_> = bombs.iter().map(|bomb| (bomb.bytes, bomb)).collect();
                let config = suite.hpke_config();
                stress
                    .crypto
                    .hpke_seal_batch(config, INFO, AAD, &recipients)
            }));
            panics += usize::from(preparing.is_err()) + usize::from(sealing.is_err());
        }
    }
    println!("{panics} panics");
    assert!(panics >= 2 * RECIPIENTS, "{panics} panics");
    assert_eq!(kept.unused(), RECIPIENTS);
    for i in 0..RECIPIENTS {
        let (recipient, sealed) = stress.seal(&stress.crypto, i);
        assert_opens(suite, &stress.pairs[recipient], &sealed, b"pt");
    }
    assert_eq!(kept.unused(), 0);
}
