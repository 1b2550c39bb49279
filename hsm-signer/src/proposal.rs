//! External Remove proposals: the one thing that a removal key signs (RFC 9420,
//! sections 12.1.8 and 12.1.8.1).

use std::cell::RefCell;

use openmls::group::{GroupEpoch, GroupId};
use openmls::prelude::{ExternalProposal, LeafNodeIndex, SenderExtensionIndex};
use openmls_hw_crypto::OpenMlsHwCrypto;
use openmls_traits::signatures::{Signer, SignerError};
use openmls_traits::types::SignatureScheme;
use tls_codec::Serialize;

use crate::error::Error;
use crate::signer::HsmSigner;

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
    /// [`Error::Pkcs11`] and [`Error::SignatureInvalid`] from the signature,
    /// [`Error::Proposal`] when OpenMLS does not build the message.
    pub fn propose_remove(
        &self,
        group_id: &[u8],
        epoch: u64,
        leaf_index: u32,
        sender_index: u32,
    ) -> Result<Vec<u8>, Error> {
        let signer = Remembering {
            signer: self,
            failure: RefCell::default(),
        };
        let message = ExternalProposal::new_remove::<OpenMlsHwCrypto>(
            LeafNodeIndex::new(leaf_index),
            GroupId::from_slice(group_id),
            GroupEpoch::from(epoch),
            &signer,
            SenderExtensionIndex::new(sender_index),
        );
        if let Some(failure) = signer.failure.take() {
            return Err(failure);
        }
        let message = message.map_err(|error| Error::Proposal(error.to_string()))?;
        message
            .tls_serialize_detached()
            .map_err(|error| Error::Proposal(error.to_string()))
    }
}

/// Keeps the reason of a failed signature, which OpenMLS's trait has no room for.
struct Remembering<'a> {
    signer: &'a HsmSigner,
    failure: RefCell<Option<Error>>,
}

impl Signer for Remembering<'_> {
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.signer.sign_verified(payload).map_err(|error| {
            self.failure.replace(Some(error));
            SignerError::SigningError
        })
    }

    fn signature_scheme(&self) -> SignatureScheme {
        self.signer.signature_scheme()
    }
}
