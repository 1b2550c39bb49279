//! A signed removal, read strictly; what is signed and referred to.

use mls_signer_message::Removal;
use mls_signer_message::encoding::hex;
use mls_signer_message::signed_removal::SignedRemoval;
use openmls_traits::types::HashType;
use tls_codec::{Serialize, VLByteSlice};

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
    let labelled = |label: &[u8], content: &[u8]| {
        let parts = (VLByteSlice(label), VLByteSlice(content));
        parts.tls_serialize_detached().unwrap()
    };
    const LABEL: &[u8] = b"MLS 1.0 FramedContentTBS";
    // Without the signature and its two bytes of length.
    let content = &read.message()[..read.message().len() - 66];
    assert_eq!(payload, labelled(LABEL, content));
    // Cut, followed by something, under another label, with a signature in it.
    let cut = labelled(LABEL, &content[..content.len() - 1]);
    let signed = labelled(LABEL, &[content, &[1]].concat());
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
