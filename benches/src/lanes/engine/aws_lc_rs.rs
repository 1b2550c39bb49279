//! Engine `aws-lc-rs`, the reference: the provider's own library, one call at a time.

use std::sync::Arc;

use aws_lc_rs::{
    agreement::PrivateKey,
    signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm},
};

use super::{LaneEngine, REFERENCE, calls::calls};
use crate::{
    BenchError,
    error::FromLibrary,
    lanes::{
        Batch, Curve, Inputs, Kind, Operation,
        inputs::{algorithm, import, shared_secret},
    },
};

/// aws-lc-rs by its fastest public path for each operation.
///
/// Agreement takes a private key imported beforehand. Key generation draws a new
/// private key, `generate` and then `compute_public_key`: this contains the random
/// bytes, which our backends are given, but importing given bytes instead would cost
/// more, as AWS-LC then checks or converts the key besides computing the public one.
pub(super) struct AwsLcRs;

impl LaneEngine for AwsLcRs {
    fn name(&self) -> &'static str {
        REFERENCE
    }

    fn about(&self) -> &'static str {
        "aws-lc-rs, one call an element"
    }

    fn prepare(
        &self,
        operation: &Operation,
        inputs: &Arc<Inputs>,
    ) -> Result<Option<Box<dyn Batch>>, BenchError> {
        match operation.kind {
            Kind::Agree => agree(Arc::clone(inputs)),
            Kind::KeyGeneration => Ok(key_gen(Arc::clone(inputs))),
            Kind::Verify => Ok(verify(Arc::clone(inputs))),
        }
        .map(Some)
    }
}

fn agree(inputs: Arc<Inputs>) -> Result<Box<dyn Batch>, BenchError> {
    let scalars = inputs.scalars.iter();
    let keys: Vec<_> = scalars
        .map(|scalar| import(inputs.curve, scalar))
        .collect::<Result<_, _>>()?;
    let theirs = Arc::clone(&inputs);
    Ok(calls(
        inputs.count(),
        move |index| shared_secret(&keys[index], &theirs.points[index]),
        move |index, secret| inputs.verify_secret(index, &secret),
    ))
}

fn verify(inputs: Arc<Inputs>) -> Box<dyn Batch> {
    let algorithm: &dyn VerificationAlgorithm = match inputs.curve {
        Curve::Curve25519 => &ED25519,
        Curve::P256 => &ECDSA_P256_SHA256_FIXED,
    };
    let theirs = Arc::clone(&inputs);
    calls(
        inputs.count(),
        move |index| {
            let signed = &theirs.signed[index];
            let key = UnparsedPublicKey::new(algorithm, &signed.key);
            Ok(key.verify(&signed.message, &signed.signature).is_ok())
        },
        move |_index, good| inputs.verify_verdict(good),
    )
}

fn key_gen(inputs: Arc<Inputs>) -> Box<dyn Batch> {
    let algorithm = algorithm(inputs.curve);
    calls(
        inputs.count(),
        move |_index| {
            let key = PrivateKey::generate(algorithm).of_library()?;
            let public_key = key.compute_public_key().of_library()?;
            Ok((key, public_key))
        },
        move |index, (key, public_key)| {
            let secret = shared_secret(&key, &inputs.points[index])?;
            inputs.verify_exchange(index, public_key.as_ref(), &secret)
        },
    )
}
