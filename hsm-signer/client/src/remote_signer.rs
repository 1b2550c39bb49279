//! [`RemoteSigner`]: an OpenMLS signer whose key is behind a service.

use std::future::Future;

use mls_signer_api::{RemovalItem, RemovalResult, RemovalsRequest};
use mls_signer_message::Removal;
use mls_signer_message::encoding::{base64, from_base64};
use mls_signer_message::scheme::Scheme;
use mls_signer_message::signed_removal::SignedRemoval;
use openmls_hw_crypto::HwCrypto;
use openmls_traits::crypto::OpenMlsCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tokio::runtime::{Builder, Runtime};

use crate::error::ClientError;
use crate::signer_client::SignerClient;

/// A removal key behind a service, for a Rust server that signs.
///
/// It is an OpenMLS [`Signer`], so that `ExternalProposal::new_remove` takes it as it takes a
/// key in memory. The service signs no bytes that it is given: the bytes from OpenMLS are
/// parsed, and if they are an external Remove proposal, the service is asked for that removal;
/// anything else is refused here. What comes back must be the same proposal, byte for byte, with a signature
/// that verifies under the key.
///
/// It blocks the calling thread. In asynchronous code use [`SignerClient`], or a thread on
/// which blocking is allowed.
#[derive(Debug)]
pub struct RemoteSigner {
    client: SignerClient,
    tenant: Option<String>,
    scheme: &'static Scheme,
    public_key: Vec<u8>,
    /// `Some` until this is dropped.
    runtime: Option<Runtime>,
}

impl RemoteSigner {
    /// The tenant's current key of a scheme, as the service has it now.
    ///
    /// # Errors
    /// [`ClientError`] when the service cannot be asked or has no such key.
    pub fn current(
        client: SignerClient,
        tenant: Option<&str>,
        scheme: &'static Scheme,
    ) -> Result<Self, ClientError> {
        let mut signer = Self::with_public_key(client, tenant, scheme, Vec::new())?;
        let keys = signer.wait(signer.client.keys(tenant))?.keys;
        let current = keys
            .iter()
            .find(|key| key.current && key.signature_scheme == scheme.name)
            .and_then(|key| from_base64(&key.public_key));
        signer.public_key = current.ok_or_else(|| {
            ClientError::Answer(format!("the service has no {} key", scheme.title))
        })?;
        Ok(signer)
    }

    /// The key with this public key, in the form of MLS: the one that a group names.
    ///
    /// # Errors
    /// [`ClientError::Endpoint`] when no thread can be started.
    pub fn with_public_key(
        client: SignerClient,
        tenant: Option<&str>,
        scheme: &'static Scheme,
        public_key: Vec<u8>,
    ) -> Result<Self, ClientError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("remote signer")
            .enable_all()
            .build()
            .map_err(|error| ClientError::Endpoint(error.to_string()))?;
        Ok(Self {
            client,
            tenant: tenant.map(str::to_owned),
            scheme,
            public_key,
            runtime: Some(runtime),
        })
    }

    /// The public key, in the form of MLS.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// The key's scheme.
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// Proposes a removal: a serialized MLSMessage, the same for the same removal for ever.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::Forged`] when the answer is not that proposal under
    /// this key.
    pub fn propose_remove(&self, removal: &Removal) -> Result<Vec<u8>, ClientError> {
        self.proposal(removal).map(SignedRemoval::into_message)
    }

    /// The proposal of the removal, signed by the key.
    fn proposal(&self, removal: &Removal) -> Result<SignedRemoval, ClientError> {
        let request = RemovalsRequest {
            tenant: self.tenant.clone(),
            timeout_ms: None,
            removals: vec![RemovalItem {
                group_id: base64(&removal.group_id),
                epoch: removal.epoch,
                leaf_index: removal.leaf_index,
                sender_index: removal.sender_index,
                signature_scheme: Some(self.scheme.name.into()),
                ciphersuite: None,
                sender_public_key: Some(base64(&self.public_key)),
            }],
        };
        let response = self.wait(self.client.propose_removals(request))?;
        let message = match response.results.into_iter().next() {
            Some(RemovalResult::Signed(signed)) => from_base64(&signed.message),
            Some(RemovalResult::Refused { problem }) => {
                return Err(ClientError::Refused(Box::new(problem)));
            }
            None => None,
        };
        let message = message.ok_or_else(|| ClientError::Answer("there is no message".into()))?;
        let read = SignedRemoval::read(message).ok_or(ClientError::Forged)?;
        if read.removal() != removal {
            return Err(ClientError::Forged);
        }
        let (scheme, input) = (self.scheme.signature_scheme, read.signature_input());
        HwCrypto::default()
            .verify_signature(scheme, &input, &self.public_key, read.signature())
            .map_err(|_| ClientError::Forged)?;
        Ok(read)
    }

    /// The signature of the proposal whose signature input is `payload`.
    fn signature(&self, payload: &[u8]) -> Result<Vec<u8>, ClientError> {
        let removal = SignedRemoval::removal_to_sign(payload).ok_or(ClientError::NotARemoval)?;
        let read = self.proposal(&removal)?;
        if read.signature_input() != payload {
            return Err(ClientError::Forged);
        }
        Ok(read.signature().to_vec())
    }

    /// Waits on the signer's own runtime, in a thread of its own: `block_on` panics in a thread
    /// that runs asynchronous code, which the caller's may.
    fn wait<T: Send>(
        &self,
        answer: impl Future<Output = Result<T, ClientError>> + Send,
    ) -> Result<T, ClientError> {
        let lost = || ClientError::Unreachable("the waiting thread is gone".into());
        let runtime = self.runtime.as_ref().ok_or_else(lost)?;
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| runtime.block_on(answer));
            waiting.join().unwrap_or_else(|_| Err(lost()))
        })
    }
}

impl Drop for RemoteSigner {
    /// Dropping a runtime waits for it, which panics in asynchronous code.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Signer for RemoteSigner {
    /// Signs an external Remove proposal for OpenMLS, and nothing else. The trait's error
    /// says nothing; the reason is logged.
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.signature(payload).map_err(|error| {
            tracing::error!(%error, "signing failed");
            SignerError::SigningError
        })
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme.signature_scheme
    }
}
