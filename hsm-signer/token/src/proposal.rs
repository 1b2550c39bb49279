//! External Remove proposals: the one thing that a removal key signs (RFC 9420,
//! sections 12.1.8 and 12.1.8.1).

use std::cell::RefCell;

use mls_signer_message::Removal;
use mls_signer_message::signed_removal::SignedRemoval;
use openmls::group::{GroupEpoch, GroupId};
use openmls::prelude::{ExternalProposal, LeafNodeIndex, SenderExtensionIndex};
use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tls_codec::Serialize;

use crate::error::Error;

/// An external Remove proposal that OpenMLS has built and nobody has signed.
#[derive(Clone, Debug)]
pub struct UnsignedRemoval {
    removal: Removal,
    payload: Vec<u8>,
    message: Vec<u8>,
}

impl UnsignedRemoval {
    /// Has OpenMLS build the proposal, with empty authenticated data and a signature of no
    /// bytes in its place.
    ///
    /// # Errors
    /// [`Error::Proposal`] when OpenMLS does not build it.
    pub fn build(removal: &Removal, scheme: SignatureScheme) -> Result<Self, Error> {
        let signer = PayloadRecorder {
            scheme,
            payload: RefCell::default(),
        };
        let message = ExternalProposal::new_remove::<OpenMlsHwCrypto>(
            LeafNodeIndex::new(removal.leaf_index),
            GroupId::from_slice(&removal.group_id),
            GroupEpoch::from(removal.epoch),
            &signer,
            SenderExtensionIndex::new(removal.sender_index),
        );
        let message = message.map_err(|error| Error::Proposal(error.to_string()))?;
        let bytes = message.tls_serialize_detached();
        Ok(Self {
            removal: removal.clone(),
            payload: signer.payload.into_inner(),
            message: bytes.map_err(|error| Error::Proposal(error.to_string()))?,
        })
    }

    /// What is to be signed.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The proposal with its signature, in the form that MLS sends. It is read again, and must
    /// say what was asked for and what was signed.
    ///
    /// # Errors
    /// [`Error::Proposal`] when it does not.
    pub fn signed(self, signature: &[u8]) -> Result<SignedRemoval, Error> {
        let signed = SignedRemoval::with_signature(self.message, signature);
        signed
            .filter(|signed| *signed.removal() == self.removal)
            .filter(|signed| signed.signature_input() == self.payload)
            .ok_or_else(|| Error::Proposal("it does not say what was signed".into()))
    }
}

/// Keeps what OpenMLS wants signed, and signs nothing.
struct PayloadRecorder {
    scheme: SignatureScheme,
    payload: RefCell<Vec<u8>>,
}

impl Signer for PayloadRecorder {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.payload.replace(payload.to_vec());
        Ok(Vec::new())
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.scheme
    }
}
