//! An OpenMLS signer over an engine's key.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_message::Removal;
use mls_signer_message::scheme::Scheme;
use mls_signer_token::proposal::UnsignedRemoval;
use mls_signer_token::release;
use openmls_hw_crypto::HwCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;

use crate::{Engine, EngineError, Key};

/// Signs with one key of an engine, which recovers and fails over.
#[derive(Clone)]
pub struct EngineSigner {
    pub(crate) engine: Arc<Engine>,
    pub(crate) key: Arc<Key>,
    pub(crate) patience: Duration,
}

impl EngineSigner {
    /// The public key as MLS carries it.
    pub fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    /// The key's scheme.
    pub fn scheme(&self) -> &'static Scheme {
        self.key.scheme()
    }

    /// Signs a fresh random message that is no MLS message, and verifies the signature.
    ///
    /// # Errors
    /// Those of [`Engine::sign`]; [`Error::Random`](mls_signer_token::Error::Random).
    pub fn self_test(&self) -> Result<(), EngineError> {
        let message = release::self_test_message(&HwCrypto::default())?;
        self.sign_message(&message).map(drop)
    }

    /// Proposes `removal`; see
    /// [`HsmSigner::propose_remove`](mls_signer_token::HsmSigner::propose_remove).
    ///
    /// # Errors
    /// Those of [`Engine::sign`]; [`Error::Proposal`](mls_signer_token::Error::Proposal) when OpenMLS does not build the message.
    pub fn propose_remove(&self, removal: &Removal) -> Result<Vec<u8>, EngineError> {
        let unsigned = UnsignedRemoval::build(removal, self.scheme().signature_scheme)?;
        let signature = self.sign_message(unsigned.payload())?;
        Ok(unsigned.signed(&signature)?.into_message())
    }

    /// Signs `message`, and returns the verified signature in the form that MLS sends.
    ///
    /// # Errors
    /// Those of [`Engine::sign`].
    pub fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, EngineError> {
        let deadline = Instant::now() + self.patience;
        self.engine.sign(&self.key, message, deadline)
    }
}

impl Signer for EngineSigner {
    /// Signs for OpenMLS. The trait's error says nothing; the reason is logged.
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.sign_message(payload).map_err(|error| {
            tracing::error!(%error, key = self.key.object().label, "signing failed");
            SignerError::SigningError
        })
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme().signature_scheme
    }
}

impl fmt::Debug for EngineSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineSigner")
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
