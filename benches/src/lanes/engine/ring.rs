//! Engine `ring`.

use std::{hint::black_box, ops::Range, sync::Arc};

use ring::{
    agreement::{
        Algorithm, ECDH_P256, EphemeralPrivateKey, PublicKey, UnparsedPublicKey, X25519,
        agree_ephemeral,
    },
    error::Unspecified,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED, ED25519, VerificationAlgorithm},
};

use super::{LaneEngine, calls::calls};
use crate::{
    BenchError,
    error::FromLibrary,
    lanes::{Batch, Curve, Inputs, Kind, Operation, inputs::LENGTH},
};

/// ring. Its private keys are drawn by itself and agree once: those for agreement are
/// made outside the timed part; key generation draws its key within, as `aws-lc-rs` does.
pub(super) struct Ring;

impl LaneEngine for Ring {
    fn name(&self) -> &'static str {
        "ring"
    }

    fn about(&self) -> &'static str {
        "ring with ephemeral keys, one call an element"
    }

    fn prepare(
        &self,
        operation: &Operation,
        inputs: &Arc<Inputs>,
    ) -> Result<Option<Box<dyn Batch>>, BenchError> {
        let inputs = Arc::clone(inputs);
        Ok(Some(match operation.kind {
            Kind::Agree => Box::new(Agree::new(inputs)),
            Kind::KeyGeneration => key_gen(inputs),
            Kind::Verify => verify(inputs),
        }))
    }
}

type KeyPair = (EphemeralPrivateKey, PublicKey);

fn algorithm(curve: Curve) -> &'static Algorithm {
    match curve {
        Curve::Curve25519 => &X25519,
        Curve::P256 => &ECDH_P256,
    }
}

fn generate(algorithm: &'static Algorithm, random: &SystemRandom) -> Result<KeyPair, BenchError> {
    let key = EphemeralPrivateKey::generate(algorithm, random).of_library()?;
    let public_key = key.compute_public_key().of_library()?;
    Ok((key, public_key))
}

fn shared_secret(key: EphemeralPrivateKey, point: &[u8]) -> Result<[u8; LENGTH], BenchError> {
    let peer = UnparsedPublicKey::new(key.algorithm(), point);
    let copied = |secret: &[u8]| secret.try_into().map_err(|_| Unspecified);
    agree_ephemeral(key, &peer, copied)
        .and_then(|secret| secret)
        .of_library()
}

fn verify(inputs: Arc<Inputs>) -> Box<dyn Batch> {
    let algorithm: &'static dyn VerificationAlgorithm = match inputs.curve {
        Curve::Curve25519 => &ED25519,
        Curve::P256 => &ECDSA_P256_SHA256_FIXED,
    };
    let theirs = Arc::clone(&inputs);
    calls(
        inputs.count(),
        move |index| {
            let signed = &theirs.signed[index];
            let key = ring::signature::UnparsedPublicKey::new(algorithm, &signed.key);
            Ok(key.verify(&signed.message, &signed.signature).is_ok())
        },
        move |_index, good| inputs.verify_verdict(good),
    )
}

fn key_gen(inputs: Arc<Inputs>) -> Box<dyn Batch> {
    let (algorithm, random) = (algorithm(inputs.curve), SystemRandom::new());
    calls(
        inputs.count(),
        move |_index| generate(algorithm, &random),
        move |index, (key, public_key)| {
            let secret = shared_secret(key, &inputs.points[index])?;
            inputs.verify_exchange(index, public_key.as_ref(), &secret)
        },
    )
}

/// Agreements, each using up one of the keys in store.
struct Agree {
    inputs: Arc<Inputs>,
    random: SystemRandom,
    store: Vec<KeyPair>,
    results: Vec<Option<(PublicKey, [u8; LENGTH])>>,
}

impl Agree {
    fn new(inputs: Arc<Inputs>) -> Self {
        Self {
            random: SystemRandom::new(),
            store: Vec::new(),
            results: vec![None; inputs.count()],
            inputs,
        }
    }
}

impl Batch for Agree {
    fn set_up(&mut self, elements: usize) -> Result<(), BenchError> {
        let algorithm = algorithm(self.inputs.curve);
        while self.store.len() < elements {
            self.store.push(generate(algorithm, &self.random)?);
        }
        Ok(())
    }

    fn compute(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        for index in elements {
            let empty = BenchError::WrongResult("no key in store");
            let (key, public_key) = self.store.pop().ok_or(empty)?;
            let secret = shared_secret(key, black_box(&self.inputs.points[index]))?;
            self.results[index] = Some(black_box((public_key, secret)));
        }
        Ok(())
    }

    fn verify(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        for index in elements {
            let missing = BenchError::WrongResult("an element was not computed");
            let (public_key, secret) = self.results[index].take().ok_or(missing)?;
            self.inputs
                .verify_exchange(index, public_key.as_ref(), &secret)?;
        }
        Ok(())
    }
}
