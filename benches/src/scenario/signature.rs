//! Signature key generation, signing and verification, as the provider itself does them.

use std::{hint::black_box, ops::RangeInclusive, sync::Arc, time::Duration};

use openmls_traits::{
    OpenMlsProvider,
    crypto::OpenMlsCrypto,
    types::{CryptoError, SignatureScheme},
};

use super::{
    Case, Trial,
    calls::{INPUTS, calls, inputs, random_bytes},
    timed::timed_part,
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
    let provider = E::provider()?;
    let (private_key, public_key) = provider.crypto().signature_key_gen(scheme)?;
    Ok(Box::new(Sign::<E> {
        provider,
        scheme,
        private_key,
        public_key,
    }))
}

/// No message is signed twice: an engine whose ML-DSA is deterministic would reject as often
/// every time, and a handful of messages be what is measured.
struct Sign<E: Engine> {
    provider: E::Provider,
    scheme: SignatureScheme,
    private_key: Vec<u8>,
    public_key: Vec<u8>,
}

impl<E: Engine> Trial for Sign<E> {
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        let messages: Vec<Vec<u8>> = (0..iterations)
            .map(|_| random_bytes(MESSAGE_LENGTH))
            .collect::<Result<_, _>>()?;
        let (signatures, elapsed) = timed_part(|| self.sign_each(&messages));
        let signed = messages.iter().zip(signatures?);
        for (message, signature) in signed.rev().take(INPUTS) {
            self.verify(message, &signature)?;
        }
        Ok(elapsed)
    }

    fn least_iterations(&self) -> u64 {
        least_signatures(self.scheme)
    }
}

impl<E: Engine> Sign<E> {
    fn sign_each(&self, messages: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, CryptoError> {
        let crypto = self.provider.crypto();
        messages
            .iter()
            .map(|message| crypto.sign(self.scheme, black_box(message), &self.private_key))
            .collect()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), CryptoError> {
        let crypto = self.provider.crypto();
        crypto.verify_signature(self.scheme, message, &self.public_key, signature)
    }
}

/// The code points of ML-DSA-44, ML-DSA-65 and ML-DSA-87.
const ML_DSA: RangeInclusive<u16> = 0x0904..=0x0906;

/// How many signatures a sample takes at least. ML-DSA draws candidates until one may be shown,
/// four or five on the average (FIPS 204, table 1): the mean of so many varies by a sixth.
pub(super) fn least_signatures(scheme: SignatureScheme) -> u64 {
    if ML_DSA.contains(&(scheme as u16)) {
        32
    } else {
        1
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{engines::ENGINES, suite};

    #[test]
    fn a_sample_of_ml_dsa_has_many_signatures_and_one_of_the_others_may_have_one() {
        let mut of_ml_dsa = 0;
        for suite in suite::all() {
            let case = Case { suite, members: 2 };
            let least = |name| {
                let trial = ENGINES[0].prepare(name, &case).unwrap().unwrap();
                trial.least_iterations()
            };
            let is_ml_dsa = format!("{suite:?}").contains("MLDSA");
            let (signatures, key_packages) = if is_ml_dsa { (32, 16) } else { (1, 1) };
            assert_eq!(least("sign"), signatures, "{suite}");
            assert_eq!(least("key-package"), key_packages, "{suite}");
            of_ml_dsa += usize::from(is_ml_dsa);
        }
        let drafts = cfg!(feature = "draft-ietf-mls-pq-ciphersuites");
        assert_eq!(of_ml_dsa, if drafts { 4 } else { 0 });
    }
}
