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

/// MLSMessage (RFC 9420, section 6) as far as a removal needs it: every other number in an
/// enumeration is unknown here, and refused.
#[derive(TlsDeserialize, TlsSize)]
struct MlsMessage {
    _version: ProtocolVersion,
    _wire_format: WireFormat,
    group_id: VLBytes,
    epoch: u64,
    sender: Sender,
    authenticated_data: VLBytes,
    content: Content,
    signature: VLBytes,
}

#[derive(TlsDeserialize, TlsSize)]
#[repr(u16)]
enum ProtocolVersion {
    Mls10 = 1,
}

#[derive(TlsDeserialize, TlsSize)]
#[repr(u16)]
enum WireFormat {
    PublicMessage = 1,
}

#[derive(TlsDeserialize, TlsSize)]
#[repr(u8)]
enum Sender {
    #[tls_codec(discriminant = 2)]
    External(u32),
}

#[derive(TlsDeserialize, TlsSize)]
#[repr(u8)]
enum Content {
    #[tls_codec(discriminant = 2)]
    Proposal(Proposal),
}

#[derive(TlsDeserialize, TlsSize)]
#[repr(u16)]
enum Proposal {
    #[tls_codec(discriminant = 3)]
    Remove(u32),
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
        if message.len() > LONGEST || !read.authenticated_data.as_slice().is_empty() {
            return None;
        }
        let Sender::External(sender_index) = read.sender;
        let Content::Proposal(Proposal::Remove(leaf_index)) = read.content;
        Some(Self {
            removal: Removal {
                group_id: read.group_id.into(),
                epoch: read.epoch,
                leaf_index,
                sender_index,
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
    fn what_is_to_be_signed_is_read_from_its_payload() {
        let read = SignedRemoval::read(message(&[7; 64], &[8; 64])).unwrap();
        let payload = read.signature_input();
        let removal = SignedRemoval::removal_to_sign(&payload);
        assert_eq!(removal.as_ref(), Some(read.removal()));
        let content = &read.message[..read.signed];
        // Cut, followed by something, under another label, with a signature in it.
        let cut = labelled(CONTENT_LABEL, &content[..content.len() - 1]);
        let signed = labelled(CONTENT_LABEL, &[content, &[1]].concat());
        let other = labelled(b"MLS 1.0 GroupInfoTBS", content);
        for wrong in [cut, signed, other, [&payload[..], &[0]].concat(), vec![]] {
            assert_eq!(SignedRemoval::removal_to_sign(&wrong), None);
        }
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
