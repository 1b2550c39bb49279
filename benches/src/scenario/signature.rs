//! Signature key generation, signing and verification, as the provider itself does them.

use std::sync::Arc;

use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    types::{CryptoError, SignatureScheme},
};

use super::{
    Case, Trial,
    calls::{INPUTS, calls, inputs, random_bytes},
};
use crate::{BenchError, engine::Engine, error::ensure};

/// The length of a typical LeafNodeTBS (RFC 9420, Section 7.2).
const MESSAGE_LENGTH: usize = 256;

struct Signed {
    public_key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

/// Generation of key pairs, each verified by a signature made and verified with it.
pub(super) fn key_gen<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let scheme = case.suite.signature_algorithm();
    let provider = Arc::new(E::provider()?);
    let signer = Arc::clone(&provider);
    provider.crypto().signature_key_gen(scheme)?;
    Ok(calls(
        [(); INPUTS],
        move |()| provider.crypto().signature_key_gen(scheme),
        move |(), (private_key, public_key)| {
            let message = random_bytes(MESSAGE_LENGTH)?;
            let signature = signer.crypto().sign(scheme, &message, private_key)?;
            Ok(signer
                .crypto()
                .verify_signature(scheme, &message, public_key, &signature)?)
        },
    ))
}

/// Signatures of different messages with one key, as a client makes them.
pub(super) fn sign<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let scheme = case.suite.signature_algorithm();
    let provider = Arc::new(E::provider()?);
    let verifier = Arc::clone(&provider);
    let (private_key, public_key) = provider.crypto().signature_key_gen(scheme)?;
    let messages = inputs(|| random_bytes(MESSAGE_LENGTH))?;
    Ok(calls(
        messages,
        move |message| provider.crypto().sign(scheme, message, &private_key),
        move |message, signature| {
            Ok(verifier
                .crypto()
                .verify_signature(scheme, message, &public_key, signature)?)
        },
    ))
}

/// Verification of signatures by different keys, as in a tree of members.
pub(super) fn verify<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let scheme = case.suite.signature_algorithm();
    let provider = Arc::new(E::provider()?);
    let doubter = Arc::clone(&provider);
    let signed = inputs(|| Signed::random(scheme, provider.crypto()))?;
    Ok(calls(
        signed,
        move |signed| signed.verify(scheme, &signed.message, provider.crypto()),
        move |signed, ()| {
            let forged = signed.verify(scheme, b"another message", doubter.crypto());
            ensure(forged.is_err(), "a signature verifies for another message")
        },
    ))
}

impl Signed {
    fn random(scheme: SignatureScheme, crypto: &dyn OpenMlsCrypto) -> Result<Self, CryptoError> {
        let (private_key, public_key) = crypto.signature_key_gen(scheme)?;
        let message = random_bytes(MESSAGE_LENGTH)?;
        let signature = crypto.sign(scheme, &message, &private_key)?;
        Ok(Self {
            public_key,
            message,
            signature,
        })
    }

    fn verify(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        crypto: &dyn OpenMlsCrypto,
    ) -> Result<(), CryptoError> {
        crypto.verify_signature(scheme, message, &self.public_key, &self.signature)
    }
}
