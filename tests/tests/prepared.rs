//! Seals to prepared keys: the same outcome as without preparing, and each encapsulation once.

use std::collections::HashSet;

use mls_tests::P521;
use mls_tests::conformance::malformed::bad_public_keys;
use mls_tests::openers::{AAD, INFO, assert_opens, openers, print_engines};
use openmls_hw_crypto::prepared::MAX_PREPARED;
use openmls_hw_crypto::{HwCrypto, PrepareError, PreparedSeals, PreparedVerifications, SUITES};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{
    Ciphersuite, CryptoError, HpkeAeadType, HpkeCiphertext, HpkeConfig, HpkeKemType, HpkeKeyPair,
};

const RECIPIENTS: usize = 70;

/// A client that prepares while it is idle: the guards stand beside the provider that they are of.
struct Client {
    seals: PreparedSeals,
    verifications: PreparedVerifications,
    crypto: HwCrypto,
}

/// Made in one place, used on another thread, and dropped after the provider that made them.
#[test]
fn guards_are_kept_beside_the_provider() {
    fn is_kept<T: Send + Sync + 'static>(kept: T) -> T {
        kept
    }
    let suite = SUITES[0].ciphersuite;
    let made = HwCrypto::default();
    let pair = made
        .derive_hpke_keypair(suite.hpke_config(), &[7; 32])
        .unwrap();
    let client = is_kept(Client {
        seals: made
            .prepare_seals(suite.hpke_config().0, &[&pair.public])
            .unwrap(),
        verifications: made.prepare_verifications(&[]).unwrap(),
        crypto: made.clone(),
    });
    drop(made);
    let client = std::thread::spawn(move || {
        let sealed = client
            .crypto
            .hpke_seal(suite.hpke_config(), &pair.public, INFO, AAD, b"pt");
        assert!(sealed.is_ok());
        client
    });
    let Client {
        seals,
        verifications,
        crypto,
    } = client.join().unwrap();
    drop(crypto);
    assert_eq!((seals.unused(), verifications.unused()), (0, 0));
}

fn suites() -> impl Iterator<Item = Ciphersuite> {
    SUITES.iter().map(|suite| suite.ciphersuite)
}

/// A provider and key pairs of one suite.
struct Sender {
    crypto: HwCrypto,
    suite: Ciphersuite,
    pairs: Vec<HpkeKeyPair>,
    /// Every `enc` that was sent, and how many messages were.
    encs: HashSet<Vec<u8>>,
    sent: usize,
}

impl Sender {
    fn new(suite: Ciphersuite, recipients: usize) -> Self {
        let crypto = HwCrypto::default();
        let pairs = crypto.generate_hpke_keypairs(suite.hpke_config(), recipients);
        Self {
            crypto,
            suite,
            pairs: pairs.unwrap(),
            encs: HashSet::new(),
            sent: 0,
        }
    }

    fn kem(&self) -> HpkeKemType {
        self.suite.hpke_config().0
    }

    fn keys(&self) -> Vec<Vec<u8>> {
        self.pairs.iter().map(|pair| pair.public.clone()).collect()
    }

    fn seal(&mut self, recipient: usize) -> HpkeCiphertext {
        let crypto = self.crypto.clone();
        self.seal_by(&crypto, recipient)
    }

    /// Seals, and has the others open it.
    fn seal_by(&mut self, crypto: &HwCrypto, recipient: usize) -> HpkeCiphertext {
        let pair = &self.pairs[recipient];
        let sealed = crypto.hpke_seal(self.suite.hpke_config(), &pair.public, INFO, AAD, b"pt");
        let sealed = sealed.unwrap();
        assert_opens(self.suite, pair, &sealed, b"pt");
        self.encs.insert(sealed.kem_output.as_slice().to_vec());
        self.sent += 1;
        sealed
    }

    fn assert_no_encapsulation_was_reused(&self) {
        println!("{:?}: {} messages", self.suite, self.sent);
        assert_eq!(self.encs.len(), self.sent);
    }
}

/// Ciphertexts that others open, from prepared encapsulations and then without.
#[test]
fn seals_open_prepared_or_not() {
    for suite in suites() {
        let mut sender = Sender::new(suite, RECIPIENTS);
        print_engines(&sender.crypto);
        assert!(openers(suite).count() > 0);
        let crypto = sender.crypto.clone();
        let prepared = crypto.prepare_seals(sender.kem(), &sender.keys()).unwrap();
        assert_eq!(prepared.unused(), RECIPIENTS);
        for i in 0..RECIPIENTS {
            sender.seal(i);
            assert_eq!(prepared.unused(), RECIPIENTS - 1 - i);
        }
        for i in 0..RECIPIENTS {
            sender.seal(i);
            assert_eq!(prepared.unused(), 0);
        }
        sender.assert_no_encapsulation_was_reused();
        assert_eq!(sender.sent, 2 * RECIPIENTS);
    }
}

/// A key that is named twice has two encapsulations, the third seal makes its own.
#[test]
fn a_key_is_prepared_as_often_as_it_is_named() {
    for suite in suites() {
        let mut sender = Sender::new(suite, 3);
        let crypto = sender.crypto.clone();
        let keys = sender.keys();
        let named = [&keys[0], &keys[1], &keys[0], &keys[0], &keys[1]];
        let prepared = crypto.prepare_seals(sender.kem(), &named).unwrap();
        for (recipient, unused) in [
            (2, 5),
            (0, 4),
            (1, 3),
            (1, 2),
            (1, 2),
            (0, 1),
            (0, 0),
            (0, 0),
        ] {
            sender.seal(recipient);
            assert_eq!(prepared.unused(), unused, "{suite:?}");
        }
        sender.assert_no_encapsulation_was_reused();
    }
}

/// Three guards over the same keys, dropped in every order, with seals in between.
#[test]
fn guards_are_dropped_in_any_order() {
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    for order in orders {
        let mut sender = Sender::new(SUITES[0].ciphersuite, 4);
        let crypto = sender.crypto.clone();
        let keys = sender.keys();
        let prepare = || Some(crypto.prepare_seals(sender.kem(), &keys).unwrap());
        let mut guards = [prepare(), prepare(), prepare()];
        for dropped in order {
            let unused = |guards: &[Option<_>]| -> usize {
                let guards = guards.iter().flatten();
                guards.map(|guard: &PreparedSeals| guard.unused()).sum()
            };
            let before = unused(&guards);
            sender.seal(dropped);
            assert_eq!(unused(&guards), before - 1, "{order:?}");
            guards[dropped] = None;
        }
        (0..4).for_each(|i| drop(sender.seal(i)));
        sender.assert_no_encapsulation_was_reused();
        assert_eq!(sender.sent, 7);
    }
}

/// A clone of the provider takes from the same guards; another provider does not.
#[test]
fn clones_share_what_was_prepared() {
    let mut sender = Sender::new(SUITES[1].ciphersuite, 10);
    let crypto = sender.crypto.clone();
    let prepared = crypto.prepare_seals(sender.kem(), &sender.keys()).unwrap();
    let clone = crypto.clone();
    let stranger = HwCrypto::default();
    for i in 0..5 {
        sender.seal_by(&stranger, i);
        assert_eq!(prepared.unused(), 10 - i);
        sender.seal_by(&clone, i);
        assert_eq!(prepared.unused(), 9 - i);
    }
    // What a clone prepared is there for the original, also when the clone is gone.
    let by_clone = clone.prepare_seals(sender.kem(), &sender.keys()).unwrap();
    drop(prepared);
    sender.seal(0);
    assert_eq!(by_clone.unused(), 9);
    sender.assert_no_encapsulation_was_reused();
}

/// Nothing of a dropped guard is used any more.
#[test]
fn a_dropped_guard_is_gone() {
    let mut sender = Sender::new(SUITES[0].ciphersuite, 9);
    let crypto = sender.crypto.clone();
    drop(crypto.prepare_seals(sender.kem(), &sender.keys()).unwrap());
    let prepared = crypto
        .prepare_seals(sender.kem(), &sender.keys()[..3])
        .unwrap();
    (0..9).for_each(|i| drop(sender.seal(i)));
    assert_eq!(prepared.unused(), 0);
    sender.assert_no_encapsulation_was_reused();
}

/// Bad keys are passed over; sealing to them fails as it does without preparing.
#[test]
fn bad_keys_are_passed_over() {
    let mut refused = 0;
    for suite in suites() {
        let mut sender = Sender::new(suite, 40);
        let crypto = sender.crypto.clone();
        let good = sender.keys();
        let bad = bad_public_keys(sender.kem(), &good[0]);
        let mixed: Vec<_> = bad.iter().chain(&good).chain(&bad).collect();
        let prepared = crypto.prepare_seals(sender.kem(), &mixed).unwrap();
        assert_eq!(prepared.unused(), 40, "{suite:?}");
        for key in &bad {
            let sealed = crypto.hpke_seal(suite.hpke_config(), key, INFO, AAD, b"pt");
            assert_eq!(
                sealed.err(),
                Some(CryptoError::InvalidPublicKey),
                "{key:02x?}"
            );
            refused += 1;
        }
        (0..40).for_each(|i| drop(sender.seal(i)));
        assert_eq!(prepared.unused(), 0);
        sender.assert_no_encapsulation_was_reused();
    }
    // X25519: 3 lengths and 14 points; a NIST curve: 14 encodings and 6 points.
    assert_eq!(refused, 2 * (3 + 14) + (2 + P521) * (14 + 6));
}

/// The same bytes under another KEM are another key: X25519's is too short for the others.
#[test]
fn an_encapsulation_belongs_to_its_kem() {
    let mut sender = Sender::new(SUITES[0].ciphersuite, 3);
    let crypto = sender.crypto.clone();
    let keys = sender.keys();
    let prepared = crypto.prepare_seals(sender.kem(), &keys).unwrap();
    let p256 = crypto.prepare_seals(HpkeKemType::DhKemP256, &keys).unwrap();
    assert_eq!(p256.unused(), 0);
    let other = SUITES[1].ciphersuite.hpke_config();
    assert!(crypto.hpke_seal(other, &keys[0], INFO, AAD, b"pt").is_err());
    assert_eq!(prepared.unused(), 3);
    // KDF and AEAD come after the encapsulation: either suite on X25519 may take it.
    let HpkeConfig(kem, kdf, _) = SUITES[0].ciphersuite.hpke_config();
    let chacha = HpkeConfig(kem, kdf, HpkeAeadType::ChaCha20Poly1305);
    let sealed = crypto
        .hpke_seal(chacha, &keys[0], INFO, AAD, b"pt")
        .unwrap();
    assert_opens(SUITES[2].ciphersuite, &sender.pairs[0], &sealed, b"pt");
    assert_eq!(prepared.unused(), 2);
    sender.seal(1);
    assert_eq!(prepared.unused(), 1);
}

/// `hpke_setup_sender_and_export` takes prepared encapsulations, and the receiver agrees.
#[test]
fn exports_use_what_was_prepared() {
    for suite in suites() {
        let sender = Sender::new(suite, 5);
        let crypto = &sender.crypto;
        let prepared = crypto.prepare_seals(sender.kem(), &sender.keys()).unwrap();
        let mut encs = HashSet::new();
        for round in 0..2 {
            for (i, pair) in sender.pairs.iter().enumerate() {
                let (enc, sent) = crypto
                    .hpke_setup_sender_and_export(suite.hpke_config(), &pair.public, INFO, b"c", 40)
                    .unwrap();
                let received = HwCrypto::default()
                    .hpke_setup_receiver_and_export(
                        suite.hpke_config(),
                        &enc,
                        &pair.private,
                        INFO,
                        b"c",
                        40,
                    )
                    .unwrap();
                assert_eq!(*sent, *received);
                encs.insert(enc);
                assert_eq!(prepared.unused(), if round == 0 { 4 - i } else { 0 });
            }
        }
        assert_eq!(encs.len(), 10, "{suite:?}");
    }
}

/// A seal or an export that fails breaks nothing for those after it.
#[test]
fn failures_leave_the_rest_alone() {
    for suite in suites() {
        let mut sender = Sender::new(suite, 6);
        let crypto = sender.crypto.clone();
        let keys = sender.keys();
        let prepared = crypto.prepare_seals(sender.kem(), &keys).unwrap();
        let HpkeConfig(kem, kdf, _) = suite.hpke_config();
        let export_only = HpkeConfig(kem, kdf, HpkeAeadType::Export);
        let sealed = crypto.hpke_seal(export_only, &keys[0], INFO, AAD, b"pt");
        assert_eq!(sealed.err(), Some(CryptoError::UnsupportedAeadAlgorithm));
        let exported =
            crypto.hpke_setup_sender_and_export(suite.hpke_config(), &keys[1], INFO, b"", 1 << 20);
        assert_eq!(exported.err(), Some(CryptoError::ExporterError));
        let unsupported = HpkeConfig(HpkeKemType::DhKem448, kdf, HpkeAeadType::AesGcm128);
        let sealed = crypto.hpke_seal(unsupported, &keys[2], INFO, AAD, b"pt");
        assert_eq!(sealed.err(), Some(CryptoError::UnsupportedCiphersuite));
        assert!((3..=6).contains(&prepared.unused()));
        (0..6).for_each(|i| drop(sender.seal(i)));
        (0..6).for_each(|i| drop(sender.seal(i)));
        assert_eq!(prepared.unused(), 0);
        sender.assert_no_encapsulation_was_reused();
    }
}

#[test]
fn what_cannot_be_prepared_is_refused() {
    let sender = Sender::new(SUITES[0].ciphersuite, 2);
    let (crypto, keys) = (&sender.crypto, sender.keys());
    let unsupported = crypto.prepare_seals(HpkeKemType::DhKem448, &keys);
    assert_eq!(unsupported.err(), Some(PrepareError::Unsupported));
    let nothing = crypto.prepare_seals::<&[u8]>(sender.kem(), &[]).unwrap();
    assert_eq!(nothing.unused(), 0);

    let too_many = vec![&keys[0]; MAX_PREPARED + 1];
    let refused = crypto.prepare_seals(sender.kem(), &too_many);
    assert_eq!(refused.err(), Some(PrepareError::TooMany));
    // One guard and what it leaves room for, then one more.
    let held = crypto.prepare_seals(sender.kem(), &keys[..1]).unwrap();
    let refused = crypto.prepare_seals(sender.kem(), &too_many[1..]);
    assert_eq!(refused.err(), Some(PrepareError::TooMany));
    drop(held);
    // None of these is a key, so that this one is quick.
    let allowed = crypto.prepare_seals(sender.kem(), &vec![b""; MAX_PREPARED]);
    assert_eq!(allowed.map(|guard| guard.unused()).ok(), Some(0));
}

/// Neither secrets nor keys are shown.
#[test]
fn debug_shows_a_number_only() {
    let sender = Sender::new(SUITES[0].ciphersuite, 2);
    let prepared = sender
        .crypto
        .prepare_seals(sender.kem(), &sender.keys())
        .unwrap();
    let shown = format!("{prepared:?}");
    assert_eq!(shown, "PreparedSeals { kem: DhKem25519, unused: 2 }");
}
