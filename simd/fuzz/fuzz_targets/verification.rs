//! Batches of signatures that the fuzzer spoils, on every backend against aws-lc-rs.
#![no_main]

use std::sync::OnceLock;

use arbitrary::Arbitrary;
use aws_lc_rs::{
    digest,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, UnparsedPublicKey, VerificationAlgorithm,
    },
};
use libfuzzer_sys::fuzz_target;
use mls_lanes::{
    Backend,
    vartime::{ed25519, p256},
};

/// The most signatures of a batch: more than the largest group computed together.
const LONGEST: usize = 140;

/// A signature of a message, and what is done to it.
#[derive(Arbitrary, Debug)]
struct Spoiled {
    message: Vec<u8>,
    change: Change,
}

#[derive(Arbitrary, Debug)]
enum Change {
    Nothing,
    /// Another message is said to be signed.
    Message(Vec<u8>),
    /// A byte of the key is another.
    Key(u8, u8),
    /// A byte of the signature is another.
    Signature(u8, u8),
    /// The first or the last half of the signature is this.
    Half(bool, [u8; 32]),
    /// All but the form of the key is the fuzzer's.
    All([u8; 64], [u8; 64]),
}

/// What is verified: an Ed25519 key of 32 bytes or an uncompressed point of 65.
struct Case<const KEY: usize> {
    key: [u8; KEY],
    message: Vec<u8>,
    signature: [u8; 64],
}

impl<const KEY: usize> Case<KEY> {
    fn new(key: &[u8], spoiled: &Spoiled, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Self {
        let mut case = Self {
            key: key.try_into().expect("a public key"),
            message: spoiled.message.clone(),
            signature: sign(&spoiled.message).try_into().expect("a signature"),
        };
        case.spoil(&spoiled.change);
        case
    }

    fn spoil(&mut self, change: &Change) {
        match change {
            Change::Nothing => {}
            Change::Message(message) => self.message.clone_from(message),
            Change::Key(at, with) => self.key[usize::from(*at) % KEY] = *with,
            Change::Signature(at, with) => self.signature[usize::from(*at) % 64] = *with,
            Change::Half(first, half) => {
                let at = if *first { 0 } else { 32 };
                self.signature[at..at + 32].copy_from_slice(half);
            }
            Change::All(key, signature) => {
                let form = KEY % 2;
                self.key[form..].copy_from_slice(&key[..KEY - form]);
                self.signature = *signature;
            }
        }
    }

    fn is_good(&self, algorithm: &'static dyn VerificationAlgorithm) -> bool {
        let key = UnparsedPublicKey::new(algorithm, &self.key);
        key.verify(&self.message, &self.signature).is_ok()
    }
}

fn ed25519_case(spoiled: &Spoiled) -> Case<{ ed25519::KEY_LENGTH }> {
    static PAIR: OnceLock<Ed25519KeyPair> = OnceLock::new();
    let pair = PAIR.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed"));
    let sign = |message: &[u8]| pair.sign(message).as_ref().to_vec();
    Case::new(pair.public_key().as_ref(), spoiled, sign)
}

fn p256_case(spoiled: &Spoiled) -> Case<{ mls_lanes::p256::POINT_LENGTH }> {
    static PAIR: OnceLock<EcdsaKeyPair> = OnceLock::new();
    let pair = PAIR.get_or_init(|| {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("randomness")
    });
    let sign = |message: &[u8]| {
        let signature = pair.sign(&SystemRandom::new(), message);
        signature.expect("randomness").as_ref().to_vec()
    };
    Case::new(pair.public_key().as_ref(), spoiled, sign)
}

fn verify_ed25519(spoiled: &[Spoiled]) {
    let cases: Vec<_> = spoiled.iter().map(ed25519_case).collect();
    let signed: Vec<_> = cases
        .iter()
        .map(|case| ed25519::Signed {
            key: &case.key,
            message: &case.message,
            signature: &case.signature,
        })
        .collect();
    let expected: Vec<_> = cases.iter().map(|case| case.is_good(&ED25519)).collect();
    for backend in Backend::available() {
        assert_eq!(ed25519::verify(backend, &signed), expected, "{backend}");
    }
}

fn verify_p256(spoiled: &[Spoiled]) {
    let cases: Vec<_> = spoiled.iter().map(p256_case).collect();
    let digest = |case: &Case<_>| digest::digest(&digest::SHA256, &case.message);
    let digests: Vec<[u8; p256::DIGEST_LENGTH]> = cases
        .iter()
        .map(|case| digest(case).as_ref().try_into().expect("a digest"))
        .collect();
    let signed: Vec<_> = cases
        .iter()
        .zip(&digests)
        .map(|(case, digest)| p256::Signed {
            key: &case.key,
            digest,
            signature: &case.signature,
        })
        .collect();
    for backend in Backend::available() {
        for (case, verdict) in cases.iter().zip(p256::verify(backend, &signed)) {
            let good = match verdict {
                p256::Verdict::Good => true,
                p256::Verdict::Bad => false,
                p256::Verdict::Unknown => continue,
            };
            let expected = case.is_good(&ECDSA_P256_SHA256_FIXED);
            assert_eq!(good, expected, "{backend}: {:02x?}", case.signature);
        }
    }
}

fuzz_target!(|batch: (bool, Vec<Spoiled>)| {
    let (ed25519, spoiled) = batch;
    let spoiled = &spoiled[..spoiled.len().min(LONGEST)];
    match ed25519 {
        true => verify_ed25519(spoiled),
        false => verify_p256(spoiled),
    }
});
