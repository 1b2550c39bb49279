//! The external sender: outside the group, allowed to propose removals.

use openmls::prelude::{
    Ciphersuite, ExternalProposal, GroupId, LeafNodeIndex, SenderExtensionIndex,
};
use openmls_hw_crypto::{OpenMlsHwCrypto, SignatureKeyPair};

use super::member::{Failure, Identity};

/// Knows a group only by id, epoch and the leaf index to remove.
pub struct ExternalSender {
    keys: SignatureKeyPair,
}

impl ExternalSender {
    /// A sender with a fresh key of `ciphersuite`'s signature scheme.
    ///
    /// # Errors
    /// If the key cannot be made.
    pub fn new(ciphersuite: Ciphersuite) -> Result<Self, Failure> {
        let keys = SignatureKeyPair::new(ciphersuite.signature_algorithm())
            .map_err(Failure::from_debug)?;
        Ok(Self { keys })
    }

    /// What the group's `external_senders` extension lists, as its only entry.
    pub fn identity(&self) -> Identity {
        Identity {
            name: "delivery service".into(),
            signature_public_key: self.keys.to_public_vec(),
        }
    }

    /// A serialized external Remove proposal (RFC 9420, section 12.1.8).
    ///
    /// # Errors
    /// If the proposal cannot be signed or serialized.
    pub fn propose_remove(
        &self,
        group_id: &[u8],
        epoch: u64,
        leaf_index: u32,
    ) -> Result<Vec<u8>, Failure> {
        let proposal = ExternalProposal::new_remove::<OpenMlsHwCrypto>(
            LeafNodeIndex::new(leaf_index),
            GroupId::from_slice(group_id),
            epoch.into(),
            &self.keys,
            SenderExtensionIndex::new(0),
        )?;
        Ok(proposal.to_bytes()?)
    }
}
