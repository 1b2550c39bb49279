//! The structures of RFC 9420 as far as OpenMLS keeps their parts to itself.

/// Reads the presentation language of TLS with the variable-size vectors of RFC 9420.
/// Every function gives `None` if the bytes end too soon.
struct Reader<'a>(&'a [u8]);

/// A parent node (RFC 9420, section 7.1).
pub(super) struct EncodedParentNode<'a> {
    pub(super) encryption_key: &'a [u8],
    unmerged_leaves: &'a [u8],
}

/// A leaf node (RFC 9420, section 7.2).
pub(super) struct EncodedLeafNode<'a> {
    /// All before the signature.
    pub(super) payload: &'a [u8],
    pub(super) signature_key: &'a [u8],
    /// Whether its signature covers the group and the position.
    pub(super) is_bound_to_group: bool,
    pub(super) signature: &'a [u8],
}

/// A key package (RFC 9420, section 10).
pub(super) struct EncodedKeyPackage<'a> {
    /// All before the signature.
    pub(super) payload: &'a [u8],
    pub(super) cipher_suite: u16,
    pub(super) leaf_node: EncodedLeafNode<'a>,
    pub(super) signature: &'a [u8],
}

/// The contents of a vector.
pub(super) fn vector(encoded: &[u8]) -> Option<&[u8]> {
    Reader(encoded).vector()
}

/// The leaves of a `ratchet_tree` (RFC 9420, section 12.4.3.3), each with its index.
pub(super) fn leaves(ratchet_tree: &[u8]) -> Option<Vec<(u32, EncodedLeafNode<'_>)>> {
    const LEAF: u8 = 1;
    const PARENT: u8 = 2;
    let mut nodes = Reader(Reader(ratchet_tree).vector()?);
    let mut leaves = Vec::new();
    for position in 0u32.. {
        if nodes.0.is_empty() {
            break;
        }
        let is_present = nodes.u8()? == 1;
        if !is_present {
            continue;
        }
        match nodes.u8()? {
            LEAF => leaves.push((position / 2, nodes.leaf_node()?)),
            PARENT => {
                nodes.parent_node()?;
            }
            _ => return None,
        }
    }
    Some(leaves)
}

impl<'a> EncodedParentNode<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        Reader(bytes).parent_node()
    }

    /// The indices of the unmerged leaves.
    pub(super) fn unmerged_leaves(&self) -> impl Iterator<Item = usize> + 'a {
        let (indices, _) = self.unmerged_leaves.as_chunks();
        indices
            .iter()
            .map(|index| u32::from_be_bytes(*index) as usize)
    }
}

impl<'a> EncodedKeyPackage<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let _version = reader.u16()?;
        let cipher_suite = reader.u16()?;
        let _init_key = reader.vector()?;
        let leaf_node = reader.leaf_node()?;
        let _extensions = reader.vector()?;
        let payload = &bytes[..bytes.len() - reader.0.len()];
        Some(Self {
            payload,
            cipher_suite,
            leaf_node,
            signature: reader.vector()?,
        })
    }
}

impl<'a> Reader<'a> {
    fn parent_node(&mut self) -> Option<EncodedParentNode<'a>> {
        let encryption_key = self.vector()?;
        let _parent_hash = self.vector()?;
        Some(EncodedParentNode {
            encryption_key,
            unmerged_leaves: self.vector()?,
        })
    }

    fn leaf_node(&mut self) -> Option<EncodedLeafNode<'a>> {
        const KEY_PACKAGE: u8 = 1;
        const UPDATE: u8 = 2;
        const COMMIT: u8 = 3;
        let bytes = self.0;
        let _encryption_key = self.vector()?;
        let signature_key = self.vector()?;
        let _credential_type = self.u16()?;
        let _credential = self.vector()?;
        for _capabilities in 0..5 {
            self.vector()?;
        }
        let source = self.u8()?;
        match source {
            KEY_PACKAGE => drop(self.bytes(2 * size_of::<u64>())?),
            UPDATE => {}
            COMMIT => drop(self.vector()?),
            _ => return None,
        }
        let _extensions = self.vector()?;
        Some(EncodedLeafNode {
            payload: &bytes[..bytes.len() - self.0.len()],
            signature_key,
            is_bound_to_group: source != KEY_PACKAGE,
            signature: self.vector()?,
        })
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// A vector whose length is a variable-size integer (RFC 9420, section 2.1.2).
    fn vector(&mut self) -> Option<&'a [u8]> {
        let first = self.u8()?;
        let more = match first >> 6 {
            0 => 0,
            1 => 1,
            2 => 3,
            _ => return None,
        };
        let mut len = usize::from(first & 0x3f);
        for byte in self.bytes(more)? {
            len = len << 8 | usize::from(*byte);
        }
        self.bytes(len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_lengths_of_one_two_or_four_bytes() {
        let long = |prefix: &[u8], len: usize| [prefix, &vec![7; len]].concat();
        for (encoded, len) in [
            (long(&[0], 0), 0),
            (long(&[63], 63), 63),
            (long(&[0x40, 64], 64), 64),
            (long(&[0x7f, 0xff], 16_383), 16_383),
            (long(&[0x80, 0, 0x40, 0], 16_384), 16_384),
        ] {
            let mut reader = Reader(&encoded);
            assert_eq!(reader.vector().map(<[u8]>::len), Some(len));
            assert!(reader.0.is_empty());
            if !encoded.is_empty() {
                assert_eq!(Reader(&encoded[..encoded.len() - 1]).vector(), None);
            }
        }
        assert_eq!(Reader(&[0xc0, 0, 0, 0, 0, 0, 0, 0]).vector(), None);
    }

    #[test]
    fn a_tree_cut_short_is_refused() {
        // One blank node, then the type of a node that does not exist.
        assert!(leaves(&[1, 0]).is_some_and(|leaves| leaves.is_empty()));
        for cut in [&[][..], &[2, 0], &[2, 1, 1], &[2, 1, 3], &[3, 1, 2, 0]] {
            assert!(leaves(cut).is_none(), "{cut:?}");
        }
    }
}
