//! Engine `x25519-dalek`.

use std::sync::Arc;

use x25519_dalek::{PublicKey, StaticSecret};

use super::{LaneEngine, calls::calls};
use crate::{
    BenchError,
    error::{FromLibrary, ensure},
    lanes::{Batch, Curve, Inputs, Kind, Operation, inputs::LENGTH},
};

/// x25519-dalek with static secrets; an agreement includes the check for a zero secret.
pub(super) struct X25519Dalek;

impl LaneEngine for X25519Dalek {
    fn name(&self) -> &'static str {
        "x25519-dalek"
    }

    fn about(&self) -> &'static str {
        "x25519-dalek, one call an element; X25519 only"
    }

    fn prepare(
        &self,
        operation: &Operation,
        inputs: &Arc<Inputs>,
    ) -> Result<Option<Box<dyn Batch>>, BenchError> {
        if operation.curve != Curve::Curve25519 {
            return Ok(None);
        }
        let secrets = inputs.scalars.iter().copied().map(StaticSecret::from);
        let secrets = secrets.collect();
        Ok(Some(match operation.kind {
            Kind::Agree => agree(secrets, Arc::clone(inputs)),
            Kind::KeyGeneration => key_gen(secrets, Arc::clone(inputs)),
            Kind::Verify => return Ok(None),
        }))
    }
}

fn agree(secrets: Vec<StaticSecret>, inputs: Arc<Inputs>) -> Box<dyn Batch> {
    let theirs = Arc::clone(&inputs);
    calls(
        inputs.count(),
        move |index| {
            let point = <[u8; LENGTH]>::try_from(&theirs.points[index][..]).of_library()?;
            let secret = secrets[index].diffie_hellman(&PublicKey::from(point));
            ensure(secret.was_contributory(), "the shared secret is zero")?;
            Ok(secret)
        },
        move |index, secret| inputs.verify_secret(index, secret.as_bytes()),
    )
}

fn key_gen(secrets: Vec<StaticSecret>, inputs: Arc<Inputs>) -> Box<dyn Batch> {
    calls(
        inputs.count(),
        move |index| Ok(PublicKey::from(&secrets[index])),
        move |index, key| inputs.verify_public_key(index, key.as_bytes()),
    )
}
