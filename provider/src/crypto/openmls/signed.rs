//! The signatures that OpenMLS will verify, with the very bytes it will verify.

use openmls_traits::types::{Ciphersuite, SignatureScheme};

use super::encoded::{self, EncodedKeyPackage, EncodedLeafNode};
use crate::prepared::{PrepareError, SignedMessage};

/// The label of a leaf node's signature (RFC 9420, section 7.2).
const LEAF_NODE: &str = "MLS 1.0 LeafNodeTBS";
/// The label of a key package's signature (RFC 9420, section 10).
const KEY_PACKAGE: &str = "MLS 1.0 KeyPackageTBS";

/// The signatures of all leaves of an encoded `ratchet_tree`.
pub(super) fn leaves<'a>(
    ratchet_tree: &'a [u8],
    scheme: SignatureScheme,
    group_id: &[u8],
) -> Result<Vec<SignedMessage<'a>>, PrepareError> {
    let leaves = encoded::leaves(ratchet_tree).ok_or(PrepareError::Malformed)?;
    Ok(leaves
        .into_iter()
        .map(|(index, leaf)| signed_leaf(leaf, scheme, Some((group_id, index))))
        .collect())
}

/// The two signatures of an encoded key package: its leaf node's and its own.
pub(super) fn key_package(encoded: &[u8]) -> Result<[SignedMessage<'_>; 2], PrepareError> {
    let key_package = EncodedKeyPackage::read(encoded).ok_or(PrepareError::Malformed)?;
    let scheme = Ciphersuite::try_from(key_package.cipher_suite)
        .map_err(|_| PrepareError::Unsupported)?
        .signature_algorithm();
    let own = SignedMessage {
        scheme,
        message: sign_content(KEY_PACKAGE, &[key_package.payload]),
        public_key: key_package.leaf_node.signature_key,
        signature: key_package.signature,
    };
    Ok([signed_leaf(key_package.leaf_node, scheme, None), own])
}

/// `LeafNodeTBS` (RFC 9420, section 7.2): a leaf that an update or a commit made is
/// bound to its group and its place there.
fn signed_leaf<'a>(
    leaf: EncodedLeafNode<'a>,
    scheme: SignatureScheme,
    position: Option<(&[u8], u32)>,
) -> SignedMessage<'a> {
    let message = match position.filter(|_| leaf.is_bound_to_group) {
        Some((group_id, index)) => {
            let mut group_id_len = Vec::new();
            write_len(group_id.len(), &mut group_id_len);
            let index = index.to_be_bytes();
            sign_content(LEAF_NODE, &[leaf.payload, &group_id_len, group_id, &index])
        }
        None => sign_content(LEAF_NODE, &[leaf.payload]),
    };
    SignedMessage {
        scheme,
        message,
        public_key: leaf.signature_key,
        signature: leaf.signature,
    }
}

/// `SignContent` (RFC 9420, section 5.1.2) with the content given in parts.
fn sign_content(label: &str, content: &[&[u8]]) -> Vec<u8> {
    /// The longest length prefix, in bytes.
    const LEN: usize = 4;
    let content_len = content.iter().map(|part| part.len()).sum();
    let mut message = Vec::with_capacity(2 * LEN + label.len() + content_len);
    write_len(label.len(), &mut message);
    message.extend_from_slice(label.as_bytes());
    write_len(content_len, &mut message);
    for part in content {
        message.extend_from_slice(part);
    }
    message
}

/// A variable-size integer (RFC 9420, section 2.1.2). Lengths from 2^30 on have no
/// encoding; a message with one is never asked for.
fn write_len(len: usize, to: &mut Vec<u8>) {
    match len {
        0..0x40 => to.push(len as u8),
        0x40..0x4000 => to.extend((len as u16 | 0x4000).to_be_bytes()),
        _ => to.extend((len as u32 | 0x8000_0000).to_be_bytes()),
    }
}
