//! Our backends, each an engine under its own name.

use std::{ops::Range, sync::Arc};

use mls_lanes::{Backend, Error, LengthMismatch, SharedSecret, outputs, p256, x25519};

use super::LaneEngine;
use crate::{
    BenchError,
    error::FromLibrary,
    lanes::{Batch, Curve, Inputs, Kind, Operation, inputs::LENGTH},
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
            (Curve::X25519, Kind::Agree) => agree(*self, inputs, x25519::diffie_hellman),
            (Curve::X25519, Kind::KeyGeneration) => key_gen(*self, inputs, x25519::public_keys),
            (Curve::P256, Kind::Agree) => agree(*self, inputs, p256::diffie_hellman),
            (Curve::P256, Kind::KeyGeneration) => key_gen(*self, inputs, p256::public_keys),
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
