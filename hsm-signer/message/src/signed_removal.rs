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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex;

    /// An MLSMessage as RFC 9420, section 6, has it, with the lengths of its two parts.
    fn message(group_id: &[u8], signature: &[u8]) -> Vec<u8> {
        let length = |bytes: &[u8]| match bytes.len() {
            short @ ..64 => vec![short as u8],
            long => vec![0x40 | (long >> 8) as u8, long as u8],
        };
        [
            b"\0\x01\0\x01",
            &length(group_id)[..],
            group_id,
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x02\0\0\0\x05\0\x02\0\x03\0\0\0\x06",
            &length(signature),
            signature,
        ]
        .concat()
    }

    #[test]
    fn what_is_signed_and_referred_to_is_the_same_for_ever() {
        let bytes = message(&[7; 64], &[8; 64]);
        let read = SignedRemoval::read(bytes.clone()).unwrap();
        let removal = Removal {
            group_id: vec![7; 64],
            epoch: 0x0102_0304_0506_0708,
            leaf_index: 6,
            sender_index: 5,
        };
        assert_eq!(*read.removal(), removal);
        assert_eq!(read.signature(), [8; 64]);
        assert_eq!(read.message(), bytes);
        assert_eq!(
            hex(&read.signature_input()),
            "184d4c5320312e30204672616d6564436f6e74656e74544253405b000100014040070707\
             070707070707070707070707070707070707070707070707070707070707070707070707\
             070707070707070707070707070707070707070707070707070102030405060708020000\
             00050002000300000006"
        );
        assert_eq!(
            hex(&read.proposal_ref(HashType::Sha2_256)),
            "f084a734534494b58ff0a30f8263f15deb1260f0030b0cdf3aeace4f11d537ff"
        );
        assert_eq!(
            hex(&read.proposal_ref(HashType::Sha2_512)),
            "69997bf1a02307b5944fb2c5155481c4b40042b585d988efe6fcf7145f0b2ff42ff952c9\
             e82b617a24029d280d44ccbbaa932a776916b68fea630ac160dd042b"
        );
        let other = SignedRemoval::with_signature(bytes, &[9; 16]).unwrap();
        assert_eq!(other.message(), message(&[7; 64], &[9; 16]));
        assert_eq!(other.signature(), [9; 16]);
        assert_eq!(SignedRemoval::read(other.message().to_vec()), Some(other));
    }

    #[test]
    fn anything_else_is_refused() {
        let bytes = message(&[7; 3], &[8; 4]);
        assert!(SignedRemoval::read(bytes.clone()).is_some());
        for length in 0..bytes.len() {
            assert_eq!(SignedRemoval::read(bytes[..length].to_vec()), None);
        }
        assert_eq!(SignedRemoval::read([&bytes[..], &[0]].concat()), None);
        // Version, wire format, sender type, authenticated data, content type, proposal type.
        for place in [1, 3, 16, 21, 22, 24] {
            for number in (0..=u8::MAX).filter(|number| *number != bytes[place]) {
                let mut wrong = bytes.clone();
                wrong[place] = number;
                assert_eq!(SignedRemoval::read(wrong), None, "{place} {number}");
            }
        }
        for length in [&b"\x40\x03"[..], b"\x80\0\0\x03", b"\xc0\0\0\0\0\0\0\x03"] {
            let longer = [&bytes[..4], length, &bytes[5..]].concat();
            assert_eq!(SignedRemoval::read(longer), None, "{length:x?}");
        }
    }
}
