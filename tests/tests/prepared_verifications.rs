//! Signatures that were verified beforehand: answered once, and forgeries never.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use openmls_hw_crypto::prepared::MAX_PREPARED;
use openmls_hw_crypto::{HwCrypto, PrepareError, SUITES, SignedMessage};
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::types::{CryptoError, SignatureScheme};

/// A message, its signature, and the key that made it.
#[derive(Clone)]
struct Signed {
    scheme: SignatureScheme,
    message: Vec<u8>,
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    fn new(scheme: SignatureScheme, message: &[u8]) -> Self {
        let crypto = HwCrypto::default();
        let (private, public_key) = crypto.signature_key_gen(scheme).unwrap();
        let signature = crypto.sign(scheme, message, &private).unwrap();
        Self {
            scheme,
            message: message.to_vec(),
            public_key,
            signature,
        }
    }

    fn as_message(&self) -> SignedMessage<'_> {
        SignedMessage {
            scheme: self.scheme,
            message: self.message.clone(),
            public_key: &self.public_key,
            signature: &self.signature,
        }
    }

    fn verify(&self, crypto: &HwCrypto) -> Result<(), CryptoError> {
        crypto.verify_signature(
            self.scheme,
            &self.message,
            &self.public_key,
            &self.signature,
        )
    }

    /// Everything that differs in one part, and is not signed.
    fn forgeries(&self) -> Vec<Self> {
        let stranger = Self::new(self.scheme, &self.message);
        let mut forgeries = Vec::new();
        let mut forge = |change: &dyn Fn(&mut Self)| {
            let mut forged = self.clone();
            change(&mut forged);
            forgeries.push(forged);
        };
        forge(&|signed| signed.message[0] ^= 1);
        forge(&|signed| signed.message.push(0));
        forge(&|signed| signed.message.truncate(1));
        forge(&|signed| *signed.signature.last_mut().unwrap() ^= 1);
        forge(&|signed| signed.signature[10] ^= 0x80);
        forge(&|signed| signed.signature.push(0));
        forge(&|signed| signed.signature.clear());
        forge(&|signed| signed.signature.clone_from(&stranger.signature));
        forge(&|signed| signed.public_key.clone_from(&stranger.public_key));
        forge(&|signed| *signed.public_key.last_mut().unwrap() ^= 1);
        forge(&|signed| signed.public_key.clear());
        // The same bytes, divided otherwise.
        forge(&|signed| signed.message.insert(0, signed.signature.pop().unwrap()));
        forge(&|signed| signed.signature.insert(0, signed.public_key.pop().unwrap()));
        for scheme in schemes().into_iter().filter(|&other| other != self.scheme) {
            forge(&|signed| signed.scheme = scheme);
        }
        forgeries
    }
}

fn schemes() -> Vec<SignatureScheme> {
    let suites = SUITES.iter().map(|suite| suite.ciphersuite);
    let mut schemes: Vec<_> = suites.map(|suite| suite.signature_algorithm()).collect();
    schemes.sort_by_key(|&scheme| scheme as u16);
    schemes.dedup();
    schemes
}

#[test]
fn a_good_one_is_answered_once_for_each_time_it_was_named() {
    for scheme in schemes() {
        let crypto = HwCrypto::default();
        let (one, two) = (Signed::new(scheme, b"one"), Signed::new(scheme, b"two"));
        let named = [one.as_message(), two.as_message(), one.as_message()];
        let prepared = crypto.prepare_verifications(&named).unwrap();
        let clone = crypto.clone();
        for (signed, unused) in [(&one, 2), (&one, 1), (&one, 1), (&two, 0), (&two, 0)] {
            signed.verify(&clone).unwrap();
            assert_eq!(prepared.unused(), unused, "{scheme:?}");
        }
    }
}

/// Prepared or not, alone or next to the good one: refused, with the same error, and never
/// answered from a result.
#[test]
fn a_forgery_is_never_good() {
    let mut refused = 0;
    for scheme in schemes() {
        let good = Signed::new(scheme, b"message");
        for forged in good.forgeries() {
            let expected = forged.verify(&HwCrypto::default());
            assert!(expected.is_err());

            let crypto = HwCrypto::default();
            let both = [good.as_message(), forged.as_message(), good.as_message()];
            let prepared = crypto.prepare_verifications(&both).unwrap();
            assert_eq!(prepared.unused(), 2, "a failed one was remembered");
            for _ in 0..3 {
                assert_eq!(forged.verify(&crypto), expected);
                refused += 1;
            }
            assert_eq!(prepared.unused(), 2, "a forgery took a result");
            good.verify(&crypto).unwrap();
            good.verify(&crypto).unwrap();
            assert_eq!(prepared.unused(), 0);
            assert_eq!(forged.verify(&crypto), expected);
            good.verify(&crypto).unwrap();
        }
    }
    println!("{refused} forgeries refused");
    assert_eq!(refused, 3 * schemes().len() * (13 + schemes().len() - 1));
}

/// Several guards, dropped in any order; what a dropped one held is verified again.
#[test]
fn guards_are_independent() {
    let crypto = HwCrypto::default();
    let signed = Signed::new(SignatureScheme::ED25519, b"message");
    let prepare = || {
        crypto
            .prepare_verifications(&[signed.as_message()])
            .unwrap()
    };
    let (first, second, third) = (prepare(), prepare(), prepare());
    signed.verify(&crypto).unwrap();
    assert_eq!(first.unused() + second.unused() + third.unused(), 2);
    drop(second);
    signed.verify(&crypto).unwrap();
    drop(first);
    signed.verify(&crypto).unwrap();
    assert_eq!(third.unused(), 0);
    drop(third);
    signed.verify(&crypto).unwrap();
}

/// Eight threads ask for the same results and for forgeries, while guards come and go.
#[test]
fn threads_take_each_result_once() {
    const THREADS: usize = 8;
    const TIMES: usize = 50;
    let crypto = HwCrypto::default();
    let signed: Vec<_> = (0..16u8)
        .map(|i| Signed::new(SignatureScheme::ED25519, &[i; 40]))
        .collect();
    let forged: Vec<_> = signed
        .iter()
        .map(|signed| signed.forgeries().remove(0))
        .collect();
    let each_often: Vec<_> = (0..TIMES)
        .flat_map(|_| signed.iter().map(Signed::as_message))
        .collect();
    let prepared = crypto.prepare_verifications(&each_often).unwrap();
    let answers = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (crypto, signed, forged, answers) = (&crypto, &signed, &forged, &answers);
            scope.spawn(move || {
                for time in 0..TIMES {
                    let i = (time + thread) % signed.len();
                    let more = [forged[i].as_message()];
                    let _guard = crypto.prepare_verifications(&more).unwrap();
                    signed[i].verify(crypto).unwrap();
                    assert!(forged[i].verify(crypto).is_err());
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    let answers = answers.into_inner();
    assert_eq!(answers, THREADS * TIMES);
    assert_eq!(prepared.unused(), TIMES * signed.len() - answers);
}

#[test]
fn too_many_are_refused() {
    let crypto = HwCrypto::default();
    let signed = Signed::new(SignatureScheme::ED25519, b"message");
    let no_message = SignedMessage {
        scheme: SignatureScheme::ED25519,
        message: Vec::new(),
        public_key: &[],
        signature: &[],
    };
    let many = vec![no_message; MAX_PREPARED + 1];
    let refused = crypto.prepare_verifications(&many);
    assert_eq!(refused.err(), Some(PrepareError::TooMany));
    let held = crypto
        .prepare_verifications(&[signed.as_message()])
        .unwrap();
    let refused = crypto.prepare_verifications(&many[1..]);
    assert_eq!(refused.err(), Some(PrepareError::TooMany));
    assert_eq!(held.unused(), 1);
    drop(held);
    let nothing = crypto.prepare_verifications(&[]).unwrap();
    assert_eq!(nothing.unused(), 0);
}
