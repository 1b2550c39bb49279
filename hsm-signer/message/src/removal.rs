//! What a removal key signs: that a member leaves a group.

use tls_codec::{TlsDeserialize, TlsSerialize, TlsSize};

/// Which member is to be removed from which group, in which epoch.
#[derive(Clone, Debug, PartialEq, Eq, Hash, TlsDeserialize, TlsSerialize, TlsSize)]
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
