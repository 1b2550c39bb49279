//! A token that computes or answers wrongly: nothing wrong is ever released.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use mls_hsm_signer::token::{Access, KeyClass, ObjectHandle, SigningMechanism, TokenSession};
use mls_hsm_signer::{Error, HsmSigner, KeyObject, KeySelector, KeySpec, SCHEMES, Token, keys};
use openmls_traits::signatures::{Signer, SignerError};

use crate::support::{Between, TestToken, Wrapped, generate};

type Spoil = fn(Vec<u8>) -> Vec<u8>;

/// Wrong ways to answer C_Sign.
const SPOILED_SIGNATURES: &[(&str, Spoil)] = &[
    ("first bit flipped", |s| flipped(s, 0)),
    ("last byte changed", last_byte_changed),
    ("cut", |s| s[..s.len() - 1].to_vec()),
    ("empty", |_| Vec::new()),
    ("one byte more", |s| [&s[..], &[0]].concat()),
    ("zero", |s| vec![0; s.len()]),
    ("halves swapped", |s| {
        [&s[s.len() / 2..], &s[..s.len() / 2]].concat()
    }),
];

/// Wrong ways to give CKA_EC_POINT.
const SPOILED_POINTS: &[(&str, Spoil)] = &[
    ("last byte changed", last_byte_changed),
    ("cut", |p| p[..p.len() - 1].to_vec()),
    ("empty", |_| Vec::new()),
];

fn flipped(mut bytes: Vec<u8>, bit: usize) -> Vec<u8> {
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

fn last_byte_changed(bytes: Vec<u8>) -> Vec<u8> {
    let bit = 8 * (bytes.len() - 1);
    flipped(bytes, bit)
}

/// A token that answers wrongly once `bad` is set.
#[derive(Debug)]
struct Bad {
    bad: AtomicBool,
    signature: Spoil,
    point: Spoil,
}

impl Bad {
    fn signing(signature: Spoil) -> Self {
        Self {
            bad: AtomicBool::new(false),
            signature,
            point: |point| point,
        }
    }

    fn answer(&self, spoil: Spoil, bytes: Vec<u8>) -> Vec<u8> {
        if self.bad.load(Ordering::SeqCst) {
            spoil(bytes)
        } else {
            bytes
        }
    }
}

impl Between for Bad {
    fn read(&self, object: KeyObject) -> KeyObject {
        let point = object.point.map(|point| self.answer(self.point, point));
        KeyObject { point, ..object }
    }

    fn sign(
        &self,
        inner: &dyn TokenSession,
        key: ObjectHandle,
        kind: SigningMechanism,
        data: &[u8],
    ) -> Result<Vec<u8>, Error> {
        Ok(self.answer(self.signature, inner.sign(key, kind, data)?))
    }
}

/// `token` answering wrongly from now on.
fn bad_from_now(token: &Arc<dyn Token>, bad: Bad) -> Arc<dyn Token> {
    bad.bad.store(true, Ordering::SeqCst);
    Wrapped::new(token, bad)
}

#[test]
fn no_wrong_signature_is_released() {
    let token = TestToken::new();
    let good = token.open();
    for scheme in SCHEMES {
        generate(&good, scheme);
        for (name, spoil) in SPOILED_SIGNATURES {
            let bad = Wrapped::new(&good, Bad::signing(*spoil));
            let selector = KeySelector::label(scheme.default_label());
            let signer = HsmSigner::open(bad.clone(), &selector).unwrap();
            assert!(signer.sign(b"message").is_ok());
            bad.between.bad.store(true, Ordering::SeqCst);
            let error = signer.propose_remove(b"group", 1, 2, 0).unwrap_err();
            let refused = matches!(error, Error::SignatureInvalid | Error::Encoding(_));
            assert!(refused, "{} {name}: {error}", scheme.name);
            assert_eq!(
                signer.sign(b"message"),
                Err(SignerError::SigningError),
                "{name}"
            );
            assert!(signer.self_test().is_err(), "{name}");
        }
    }
}

#[test]
fn a_token_that_signs_wrongly_is_not_opened() {
    let token = TestToken::new();
    let good = token.open();
    for scheme in SCHEMES {
        generate(&good, scheme);
        for (name, spoil) in SPOILED_SIGNATURES {
            let bad = bad_from_now(&good, Bad::signing(*spoil));
            let opened = HsmSigner::open(bad, &KeySelector::label(scheme.default_label()));
            assert!(opened.is_err(), "{} {name}", scheme.name);
        }
    }
}

#[test]
fn a_public_key_that_lies_is_found_out() {
    let token = TestToken::new();
    let good = token.open();
    for scheme in SCHEMES {
        generate(&good, scheme);
        for (name, point) in SPOILED_POINTS {
            let bad = Bad {
                point: *point,
                ..Bad::signing(|signature| signature)
            };
            let selector = KeySelector::label(scheme.default_label());
            let opened = HsmSigner::open(bad_from_now(&good, bad), &selector);
            assert!(opened.is_err(), "{} {name}", scheme.name);
        }
    }
}

/// A new key that does not sign as it must is destroyed, not left behind.
#[test]
fn a_key_that_fails_its_proof_is_destroyed() {
    let token = TestToken::new();
    let good = token.open();
    let bad = bad_from_now(&good, Bad::signing(last_byte_changed));
    for scheme in SCHEMES {
        let spec = KeySpec::with_random_id(scheme, "rejected").unwrap();
        let error = keys::generate(&bad, &spec).unwrap_err();
        assert!(matches!(error, Error::SignatureInvalid), "{error}");
        let session = good.session(Access::Use).unwrap();
        for class in [KeyClass::Private, KeyClass::Public] {
            assert!(session.find(class, &KeySelector::any()).unwrap().is_empty());
        }
    }
}
