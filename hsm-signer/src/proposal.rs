//! External Remove proposals: the one thing that a removal key signs (RFC 9420,
//! sections 12.1.8 and 12.1.8.1).

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use openmls::group::{GroupEpoch, GroupId};
use openmls::prelude::{ExternalProposal, LeafNodeIndex, SenderExtensionIndex};
use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tls_codec::Serialize;

use crate::engine::{Engine, Key, SignRequest, Signature};
use crate::error::Error;
use crate::signer::HsmSigner;

/// Which member is to be removed from which group, in which epoch.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Removal {
    /// The group's id.
    pub group_id: Vec<u8>,
    /// The epoch in which the proposal can be committed.
    pub epoch: u64,
    /// The member's leaf.
    pub leaf_index: u32,
    /// The signing key's place in the group's `external_senders` extension.
    pub sender_index: u32,
}

/// A removal as it was proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The serialized MLSMessage.
    pub message: Vec<u8>,
    /// The name of the token that signed it.
    pub source: Arc<str>,
}

impl HsmSigner {
    /// Proposes, as the external sender `sender_index` of the group, to remove the
    /// member at `leaf_index`. Returns a serialized MLSMessage with a PublicMessage,
    /// which any member of the group can commit in epoch `epoch`.
    ///
    /// The message is built by OpenMLS and its authenticated data is empty. Signing the
    /// same proposal twice with ECDSA gives two different messages with different
    /// ProposalRefs.
    ///
    /// # Errors
    /// [`Error::Pkcs11`] and [`Error::SignatureInvalid`] from the signature, and over an
    /// engine those of [`Engine::sign`]; [`Error::Proposal`] when OpenMLS does not build
    /// the message.
    pub fn propose_remove(
        &self,
        group_id: &[u8],
        epoch: u64,
        leaf_index: u32,
        sender_index: u32,
    ) -> Result<Vec<u8>, Error> {
        let removal = Removal {
            group_id: group_id.into(),
            epoch,
            leaf_index,
            sender_index,
        };
        build(&removal, self.signature_scheme(), |payload| {
            self.sign_verified(payload)
        })
    }
}

impl Engine {
    /// Proposes many removals at once, each signed by its key: a message or an error for
    /// each, in order, as [`HsmSigner::propose_remove`] gives them. The signatures are
    /// spread over all sessions.
    pub fn propose_removals(
        &self,
        removals: &[(Arc<Key>, Removal)],
        deadline: Instant,
    ) -> Vec<Result<Vec<u8>, Error>> {
        let proposed = propose(removals, |requests| self.sign_spread(requests, deadline));
        let message = |proposed: Result<Proposal, Error>| proposed.map(|proposal| proposal.message);
        proposed.into_iter().map(message).collect()
    }

    /// The same on the calling thread alone, one session at a time: for a caller that has
    /// a thread for each session. Says which token signed.
    pub fn propose_removals_alone(
        &self,
        removals: &[(Arc<Key>, Removal)],
        deadline: Instant,
    ) -> Vec<Result<Proposal, Error>> {
        propose(removals, |requests| self.sign_alone(requests, deadline))
    }
}

fn propose(
    removals: &[(Arc<Key>, Removal)],
    sign: impl FnOnce(Vec<SignRequest>) -> Vec<Result<Signature, Error>>,
) -> Vec<Result<Proposal, Error>> {
    let payloads: Vec<_> = removals
        .iter()
        .map(|(key, removal)| payload(removal, key.scheme().signature_scheme))
        .collect();
    let mut requests = Vec::with_capacity(removals.len());
    for ((key, _), payload) in removals.iter().zip(&payloads) {
        if let Ok(message) = payload {
            requests.push(SignRequest {
                key: Arc::clone(key),
                message: message.clone(),
            });
        }
    }
    let mut signatures = sign(requests).into_iter();
    let mut messages = Vec::with_capacity(removals.len());
    for ((key, removal), payload) in removals.iter().zip(payloads) {
        let scheme = key.scheme().signature_scheme;
        messages.push(payload.and_then(|payload| {
            let Signature { bytes, source } = signatures.next().unwrap_or(Err(Error::Stopped))?;
            let message = finished(removal, scheme, &payload, &bytes)?;
            Ok(Proposal { message, source })
        }));
    }
    messages
}

/// The message of `removal`, of which `payload` was signed and nothing else.
fn finished(
    removal: &Removal,
    scheme: SignatureScheme,
    payload: &[u8],
    signature: &[u8],
) -> Result<Vec<u8>, Error> {
    build(removal, scheme, |again| {
        if again == payload {
            Ok(signature.to_vec())
        } else {
            Err(Error::Proposal("it is not built the same twice".into()))
        }
    })
}

/// What is to be signed for `removal`: OpenMLS builds it, with a signature of no bytes.
fn payload(removal: &Removal, scheme: SignatureScheme) -> Result<Vec<u8>, Error> {
    let asked = RefCell::new(Vec::new());
    build(removal, scheme, |payload| {
        asked.replace(payload.to_vec());
        Ok(Vec::new())
    })?;
    Ok(asked.into_inner())
}

/// The message, with the signature that `sign` gives.
fn build(
    removal: &Removal,
    scheme: SignatureScheme,
    sign: impl Fn(&[u8]) -> Result<Vec<u8>, Error>,
) -> Result<Vec<u8>, Error> {
    let signer = Remembering {
        scheme,
        sign,
        failure: RefCell::default(),
    };
    let message = ExternalProposal::new_remove::<OpenMlsHwCrypto>(
        LeafNodeIndex::new(removal.leaf_index),
        GroupId::from_slice(&removal.group_id),
        GroupEpoch::from(removal.epoch),
        &signer,
        SenderExtensionIndex::new(removal.sender_index),
    );
    if let Some(failure) = signer.failure.take() {
        return Err(failure);
    }
    let message = message.map_err(|error| Error::Proposal(error.to_string()))?;
    message
        .tls_serialize_detached()
        .map_err(|error| Error::Proposal(error.to_string()))
}

/// Keeps the reason of a failed signature, which OpenMLS's trait has no room for.
struct Remembering<F> {
    scheme: SignatureScheme,
    sign: F,
    failure: RefCell<Option<Error>>,
}

impl<F: Fn(&[u8]) -> Result<Vec<u8>, Error>> Signer for Remembering<F> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        (self.sign)(payload).map_err(|error| {
            self.failure.replace(Some(error));
            SignerError::SigningError
        })
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
