//! What a released message says, read from its bytes without OpenMLS: the audit does not ask
//! the code that built them.

use openmls_traits::types::HashType;
use tls_codec::{Deserialize, Serialize, Size, TlsDeserialize, TlsSize, VLByteSlice, VLBytes};

use crate::Removal;
use crate::hash::digest;

/// The label of what is signed (RFC 9420, section 6.1).
const CONTENT_LABEL: &[u8] = b"MLS 1.0 FramedContentTBS";
/// The label of a ProposalRef (section 5.2).
const REFERENCE_LABEL: &[u8] = b"MLS 1.0 Proposal Reference";

/// The bytes of the protocol version, which an MLSMessage has and an AuthenticatedContent not.
const VERSION_LENGTH: usize = 2;

/// The longest byte string that RFC 9420 has a length for.
const LONGEST: usize = (1 << 30) - 1;

/// An external sender's Remove proposal as an MLSMessage has it in a PublicMessage (RFC 9420,
/// sections 6 and 12.1): of any other message the numbers are others.
#[derive(TlsDeserialize, TlsSize)]
struct MlsMessage {
    version: u16,
    wire_format: u16,
    group_id: VLBytes,
    epoch: u64,
    sender_type: u8,
    sender_index: u32,
    authenticated_data: VLBytes,
    content_type: u8,
    proposal_type: u16,
    leaf_index: u32,
    signature: VLBytes,
}

const MLS10: u16 = 1;
const PUBLIC_MESSAGE: u16 = 1;
const EXTERNAL: u8 = 2;
const PROPOSAL: u8 = 2;
const REMOVE: u16 = 3;

impl MlsMessage {
    fn is_external_remove(&self) -> bool {
        (self.version, self.wire_format) == (MLS10, PUBLIC_MESSAGE)
            && self.sender_type == EXTERNAL
            && self.authenticated_data.as_slice().is_empty()
            && (self.content_type, self.proposal_type) == (PROPOSAL, REMOVE)
    }
}

/// An MLSMessage with an external sender's Remove proposal in a PublicMessage, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRemoval {
    message: Vec<u8>,
    removal: Removal,
    /// The bytes from the beginning up to here are signed; the signature is what follows.
    signed: usize,
    /// Where the signature's own bytes begin, behind their length.
    signature: usize,
}

impl SignedRemoval {
    /// Reads an MLSMessage, strictly. `None` if it is anything but an external sender's Remove
    /// proposal with empty authenticated data in a PublicMessage.
    pub fn read(message: Vec<u8>) -> Option<Self> {
        let read = MlsMessage::tls_deserialize_exact(&message).ok()?;
        if message.len() > LONGEST || !read.is_external_remove() {
            return None;
        }
        Some(Self {
            removal: Removal {
                group_id: read.group_id.into(),
                epoch: read.epoch,
                leaf_index: read.leaf_index,
                sender_index: read.sender_index,
            },
            signed: message.len() - read.signature.tls_serialized_len(),
            signature: message.len() - read.signature.as_slice().len(),
            message,
        })
    }

    /// The removal whose FramedContentTBS stands in `payload`, with the structure of
    /// SignWithLabel around it (RFC 9420, sections 5.1.2 and 6.1), if that is what it is.
    pub fn removal_to_sign(payload: &[u8]) -> Option<Removal> {
        let (label, content) = <(VLBytes, VLBytes)>::tls_deserialize_exact(payload).ok()?;
        if label.as_slice() != CONTENT_LABEL {
            return None;
        }
        // In a message the signature follows; with one of no bytes it is one that can be read.
        let read = Self::read([content.as_slice(), &[0]].concat())?;
        read.signature().is_empty().then_some(read.removal)
    }

    /// The same message with another signature, in the form that MLS sends. `None` where
    /// [`read`](Self::read) gives none.
    pub fn with_signature(message: Vec<u8>, signature: &[u8]) -> Option<Self> {
        let Self {
            mut message,
            removal,
            signed,
            ..
        } = Self::read(message)?;
        message.truncate(signed);
        let signature_field = VLByteSlice(signature).tls_serialize_detached();
        message.extend(signature_field.ok()?);
        Some(Self {
            removal,
            signed,
            signature: message.len() - signature.len(),
            message,
        })
    }

    /// What it proposes.
    pub fn removal(&self) -> &Removal {
        &self.removal
    }

    /// The signature, as MLS carries it.
    pub fn signature(&self) -> &[u8] {
        &self.message[self.signature..]
    }

    /// The serialized MLSMessage.
    pub fn message(&self) -> &[u8] {
        &self.message
    }

    /// The serialized MLSMessage.
    pub fn into_message(self) -> Vec<u8> {
        self.message
    }

    /// The ProposalRef by which a commit names the proposal (RFC 9420, section 5.2), in a group
    /// whose ciphersuite has `hash`.
    pub fn proposal_ref(&self, hash: HashType) -> Vec<u8> {
        let authenticated_content = &self.message[VERSION_LENGTH..];
        digest(hash, &labelled(REFERENCE_LABEL, authenticated_content))
    }

    /// What was signed, with the structure of SignWithLabel around it (RFC 9420, sections 5.1.2
    /// and 6.1). An external sender signs no group context.
    pub fn signature_input(&self) -> Vec<u8> {
        labelled(CONTENT_LABEL, &self.message[..self.signed])
    }
}

/// `opaque label<V>; opaque content<V>`. Memory takes it all, and no part of a message is
/// longer than [`LONGEST`], so that there is always one.
fn labelled(label: &[u8], content: &[u8]) -> Vec<u8> {
    let parts = (VLByteSlice(label), VLByteSlice(content));
    parts.tls_serialize_detached().unwrap_or_default()
}
