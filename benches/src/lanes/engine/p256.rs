//! Engine `p256`: RustCrypto's.

use std::sync::Arc;

use p256::{PublicKey, SecretKey};

use super::{LaneEngine, calls::calls};
use crate::{
    BenchError,
    error::FromLibrary,
    lanes::{Batch, Curve, Inputs, Kind, Operation},
};

/// RustCrypto's p256. It is so slow that long batches reach the time budget first, and
/// then all engines have fewer samples.
pub(super) struct P256;

impl LaneEngine for P256 {
    fn name(&self) -> &'static str {
        "p256"
    }

    fn about(&self) -> &'static str {
        "RustCrypto's p256, one call an element; P-256 only"
    }

    fn prepare(
        &self,
        operation: &Operation,
        inputs: &Arc<Inputs>,
    ) -> Result<Option<Box<dyn Batch>>, BenchError> {
        if operation.curve != Curve::P256 {
            return Ok(None);
        }
        let scalars = inputs.scalars.iter();
        let secrets = scalars
            .map(|scalar| SecretKey::from_slice(scalar).of_library())
            .collect::<Result<_, _>>()?;
        Ok(Some(match operation.kind {
            Kind::Agree => agree(secrets, Arc::clone(inputs)),
            Kind::KeyGeneration => key_gen(secrets, Arc::clone(inputs)),
            Kind::Verify => return Ok(None),
        }))
    }
}

fn agree(secrets: Vec<SecretKey>, inputs: Arc<Inputs>) -> Box<dyn Batch> {
    let theirs = Arc::clone(&inputs);
    calls(
        inputs.count(),
        move |index| {
            let peer = PublicKey::from_sec1_bytes(&theirs.points[index]).of_library()?;
            Ok(secrets[index].diffie_hellman(&peer))
        },
        move |index, secret| inputs.verify_secret(index, secret.raw_secret_bytes()),
    )
}

fn key_gen(secrets: Vec<SecretKey>, inputs: Arc<Inputs>) -> Box<dyn Batch> {
    calls(
        inputs.count(),
        move |index| Ok(secrets[index].public_key().to_sec1_bytes()),
        move |index, key| inputs.verify_public_key(index, &key),
    )
}
