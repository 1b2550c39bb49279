//! What a released message says, read from its bytes without OpenMLS: the audit does not ask
//! the code that built them.

use openmls_traits::types::HashType;

use crate::Removal;
use crate::hash::digest;
use crate::wire::{Reader, Writer};

/// RFC 9420, section 6: ProtocolVersion mls10.
const MLS10: u16 = 1;
/// WireFormat mls_public_message.
const PUBLIC_MESSAGE: u16 = 1;
/// SenderType external.
const EXTERNAL: u8 = 2;
/// ContentType proposal.
const PROPOSAL: u8 = 2;
/// ProposalType remove.
const REMOVE: u16 = 3;

/// The bytes of the protocol version, which an MLSMessage has and an AuthenticatedContent not.
const VERSION_LENGTH: usize = 2;

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
        let mut reader = Reader::new(&message);
        expect(reader.uint16()?, MLS10)?;
        expect(reader.uint16()?, PUBLIC_MESSAGE)?;
        let group_id = reader.opaque()?.to_vec();
        let epoch = reader.uint64()?;
        expect(reader.uint8()?, EXTERNAL)?;
        let sender_index = reader.uint32()?;
        expect(reader.opaque()?.len(), 0)?;
        expect(reader.uint8()?, PROPOSAL)?;
        expect(reader.uint16()?, REMOVE)?;
        let leaf_index = reader.uint32()?;
        let signed = message.len() - reader.rest().len();
        let signature = message.len() - reader.opaque()?.len();
        reader.finished()?;
        Some(Self {
            removal: Removal {
                group_id,
                epoch,
                leaf_index,
                sender_index,
            },
            signed,
            signature,
            message,
        })
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
        message.extend(Writer::default().opaque(signature).finish());
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
        let input = Writer::default()
            .opaque(b"MLS 1.0 Proposal Reference")
            .opaque(authenticated_content)
            .finish();
        digest(hash, &input)
    }

    /// What was signed, with the structure of SignWithLabel around it (RFC 9420, sections 5.1.2
    /// and 6.1). An external sender signs no group context.
    pub fn signature_input(&self) -> Vec<u8> {
        Writer::default()
            .opaque(b"MLS 1.0 FramedContentTBS")
            .opaque(&self.message[..self.signed])
            .finish()
    }
}

fn expect<T: PartialEq>(found: T, needed: T) -> Option<()> {
    (found == needed).then_some(())
}
