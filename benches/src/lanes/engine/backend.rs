//! Our backends, each an engine under its own name.

use std::{ops::Range, sync::Arc};

use aws_lc_rs::digest::{SHA256, digest};
use mls_lanes::{Backend, Error, LengthMismatch, SharedSecret, outputs, p256, vartime, x25519};

use super::LaneEngine;
use crate::{
    BenchError,
    error::FromLibrary,
    lanes::{
        Batch, Curve, Inputs, Kind, Operation,
        inputs::{LENGTH, Signed},
    },
};

/// The instruction set's batch functions. Each element's scalar and point are decoded
/// from bytes and checked within the timed part, private keys too.
impl LaneEngine for Backend {
    fn name(&self) -> &'static str {
        Self::name(*self)
    }

    fn about(&self) -> &'static str {
        "mls_lanes on this instruction set"
    }

    fn prepare(
        &self,
        operation: &Operation,
        inputs: &Arc<Inputs>,
    ) -> Result<Option<Box<dyn Batch>>, BenchError> {
        let inputs = Arc::clone(inputs);
        Ok(Some(match (operation.curve, operation.kind) {
            (Curve::Curve25519, Kind::Agree) => agree(*self, inputs, x25519::diffie_hellman),
            (Curve::Curve25519, Kind::KeyGeneration) => key_gen(*self, inputs, x25519::public_keys),
            (Curve::P256, Kind::Agree) => agree(*self, inputs, p256::diffie_hellman),
            (Curve::P256, Kind::KeyGeneration) => key_gen(*self, inputs, p256::public_keys),
            (Curve::Curve25519, Kind::Verify) => verify(*self, inputs, verify_ed25519),
            (Curve::P256, Kind::Verify) => verify(*self, inputs, verify_p256),
        }))
    }
}

type Outputs<T> = [Result<T, Error>];

type DiffieHellman = fn(
    Backend,
    &[[u8; LENGTH]],
    &[Vec<u8>],
    &mut Outputs<SharedSecret>,
) -> Result<(), LengthMismatch>;

type PublicKeys<const N: usize> =
    fn(Backend, &[[u8; LENGTH]], &mut Outputs<[u8; N]>) -> Result<(), LengthMismatch>;

fn agree(backend: Backend, inputs: Arc<Inputs>, function: DiffieHellman) -> Box<dyn Batch> {
    let theirs = Arc::clone(&inputs);
    Box::new(Lanes {
        outputs: outputs(inputs.count()),
        function: move |elements: Range<usize>, outputs: &mut Outputs<_>| {
            let (scalars, points) = (&theirs.scalars[elements.clone()], &theirs.points[elements]);
            function(backend, scalars, points, outputs)
        },
        verify: move |index, secret: &SharedSecret| inputs.verify_secret(index, secret.as_bytes()),
    })
}

fn key_gen<const N: usize>(
    backend: Backend,
    inputs: Arc<Inputs>,
    function: PublicKeys<N>,
) -> Box<dyn Batch> {
    let theirs = Arc::clone(&inputs);
    Box::new(Lanes {
        outputs: outputs(inputs.count()),
        function: move |elements: Range<usize>, outputs: &mut Outputs<_>| {
            function(backend, &theirs.scalars[elements], outputs)
        },
        verify: move |index, key: &[u8; N]| inputs.verify_public_key(index, key),
    })
}

type Verify = fn(Backend, &[Signed]) -> Result<Vec<bool>, BenchError>;

fn verify(backend: Backend, inputs: Arc<Inputs>, function: Verify) -> Box<dyn Batch> {
    Box::new(Verification {
        backend,
        verdicts: vec![None; inputs.count()],
        inputs,
        function,
    })
}

fn verify_ed25519(backend: Backend, signed: &[Signed]) -> Result<Vec<bool>, BenchError> {
    let mut loaded = Vec::with_capacity(signed.len());
    for signed in signed {
        loaded.push(vartime::ed25519::Signed {
            key: signed.key[..].try_into().of_library()?,
            message: &signed.message,
            signature: &signed.signature,
        });
    }
    Ok(vartime::ed25519::verify(backend, &loaded))
}

/// The digests are aws-lc-rs's, one by one.
fn verify_p256(backend: Backend, signed: &[Signed]) -> Result<Vec<bool>, BenchError> {
    let digests = signed.iter().map(|signed| digest(&SHA256, &signed.message));
    let digests: Vec<_> = digests.collect();
    let mut loaded = Vec::with_capacity(signed.len());
    for (signed, digest) in signed.iter().zip(&digests) {
        loaded.push(vartime::p256::Signed {
            key: signed.key[..].try_into().of_library()?,
            digest: digest.as_ref().try_into().of_library()?,
            signature: &signed.signature,
        });
    }
    let verdicts = vartime::p256::verify(backend, &loaded).into_iter();
    Ok(verdicts
        .map(|verdict| verdict == vartime::p256::Verdict::Good)
        .collect())
}

/// Verifications with their verdicts.
struct Verification {
    backend: Backend,
    inputs: Arc<Inputs>,
    function: Verify,
    verdicts: Vec<Option<bool>>,
}

impl Batch for Verification {
    fn compute(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        let signed = &self.inputs.signed[elements.clone()];
        let verdicts = (self.function)(self.backend, signed)?;
        for (index, good) in elements.zip(verdicts) {
            self.verdicts[index] = Some(good);
        }
        Ok(())
    }

    fn verify(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        for index in elements {
            let missing = BenchError::WrongResult("an element was not computed");
            let good = self.verdicts[index].take().ok_or(missing)?;
            self.inputs.verify_verdict(good)?;
        }
        Ok(())
    }
}

/// A batch function of `mls_lanes` with its outputs.
struct Lanes<T, F, V> {
    outputs: Vec<Result<T, Error>>,
    function: F,
    verify: V,
}

impl<T, F, V> Batch for Lanes<T, F, V>
where
    T: Send,
    F: Fn(Range<usize>, &mut Outputs<T>) -> Result<(), LengthMismatch> + Send,
    V: Fn(usize, &T) -> Result<(), BenchError> + Send,
{
    fn compute(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        (self.function)(elements.clone(), &mut self.outputs[elements]).of_library()
    }

    fn verify(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        for index in elements {
            let output = std::mem::replace(&mut self.outputs[index], Err(Error::NotComputed));
            (self.verify)(index, &output.of_library()?)?;
        }
        Ok(())
    }
}
