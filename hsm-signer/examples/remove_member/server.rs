//! The removal server: it holds the keys in the token and knows nothing of the groups.

use mls_hsm_signer::{HsmSigner, Scheme};
use openmls::prelude::{BasicCredential, ExternalSender};
use openmls_traits::types::Ciphersuite;

use crate::Result;

/// What a delivery service knows of a member to remove. No key, no tree, no secret.
pub struct Removal {
    /// The group's suite, which says which of the four keys it trusts.
    pub suite: Ciphersuite,
    /// The group's id.
    pub group_id: Vec<u8>,
    /// Its epoch.
    pub epoch: u64,
    /// The leaf of the member to remove.
    pub leaf_index: u32,
}

/// The four removal keys, in the order of the groups' ExternalSenders extension.
pub struct RemovalServer {
    keys: Vec<HsmSigner>,
}

impl RemovalServer {
    /// A server with these keys.
    pub fn new(keys: Vec<HsmSigner>) -> Self {
        Self { keys }
    }

    /// The entries of the ExternalSenders extension by which a group trusts the server.
    pub fn external_senders(&self) -> Vec<ExternalSender> {
        let sender = |key: &HsmSigner| {
            let credential = BasicCredential::new(b"removal server".to_vec());
            ExternalSender::new(key.public_key().to_vec().into(), credential.into())
        };
        self.keys.iter().map(sender).collect()
    }

    /// Has the token sign the proposal; returns the MLSMessage to deliver to the group.
    pub fn propose(&self, removal: &Removal) -> Result<Vec<u8>> {
        let scheme = Scheme::by_ciphersuite(removal.suite).ok_or("no key signs for this suite")?;
        let index = self
            .keys
            .iter()
            .position(|key| std::ptr::eq(key.scheme(), scheme));
        let index = index.ok_or("the server has no key of this scheme")?;
        Ok(self.keys[index].propose_remove(
            &removal.group_id,
            removal.epoch,
            removal.leaf_index,
            u32::try_from(index)?,
        )?)
    }
}
