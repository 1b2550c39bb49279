//! The keys that a commit encrypts its path secrets to.

use std::collections::{HashMap, HashSet};

use ::openmls::group::MlsGroup;
use ::openmls::messages::proposals::Proposal;
use ::openmls::prelude::Sender;
use ::openmls::treesync::{LeafNode, ParentNode};

use super::encode;
use super::encoded::{self, EncodedParentNode};
use crate::prepared::PrepareError;

/// The public keys to which the next commit by this member of `group` encrypts,
/// each as often as it does.
pub(super) fn encryption_keys(group: &MlsGroup) -> Result<Vec<Vec<u8>>, PrepareError> {
    let mut tree = Tree::of(group);
    let mut removed = Vec::new();
    let mut added = HashSet::new();
    let mut init_keys = Vec::new();
    for pending in group.pending_proposals() {
        match (pending.proposal(), pending.sender()) {
            (Proposal::Update(update), Sender::Member(index)) => {
                tree.set_leaf(index.usize(), Some(update.leaf_node()));
            }
            (Proposal::Remove(remove), _) => removed.push(remove.removed()),
            (Proposal::SelfRemove, Sender::Member(index)) => removed.push(*index),
            // The same proposal may have arrived twice.
            (Proposal::Add(add), _) if added.insert(pending.proposal_reference_ref()) => {
                init_keys.push(add.key_package().hpke_init_key().as_slice().to_vec());
            }
            _ => {}
        }
    }
    // A removal prevails over an update of the same leaf, whichever came first (section 12.2).
    for leaf in removed {
        tree.set_leaf(leaf.usize(), None);
    }
    let mut keys = tree.copath_resolution(group.own_leaf_index().usize())?;
    keys.append(&mut init_keys);
    Ok(keys)
}

/// A ratchet tree (RFC 9420, section 7) whose number of leaves is a power of two.
struct Tree<'a> {
    leaves: Vec<Option<&'a LeafNode>>,
    /// The parents that are not blank, by their positions among the parents.
    parents: HashMap<usize, &'a ParentNode>,
}

/// A node, named by the leaves below it.
#[derive(Clone, Copy)]
struct Subtree {
    first_leaf: usize,
    leaves: usize,
}

impl Subtree {
    /// The position of the node among the parents, from the left.
    fn parent_index(self) -> usize {
        self.first_leaf + self.leaves / 2 - 1
    }

    fn children(self) -> [Self; 2] {
        let leaves = self.leaves / 2;
        [self.first_leaf, self.first_leaf + leaves].map(|first_leaf| Self { first_leaf, leaves })
    }
}

impl<'a> Tree<'a> {
    fn of(group: &'a MlsGroup) -> Self {
        let tree = group.treesync();
        let mut leaves = tree.leaves();
        leaves.resize(leaves.len().next_power_of_two(), None);
        let parents = tree
            .full_parents()
            .map(|(index, parent)| (index.u32() as usize, parent))
            .collect();
        Self { leaves, parents }
    }

    /// The ancestors of a leaf, the lowest first.
    fn direct_path(&self, leaf: usize) -> impl Iterator<Item = Subtree> + use<> {
        (1..=self.leaves.len().ilog2()).map(move |height| Subtree {
            first_leaf: leaf >> height << height,
            leaves: 1 << height,
        })
    }

    /// Replaces or removes a leaf and blanks its direct path (RFC 9420, sections
    /// 12.1.2 and 12.1.3).
    fn set_leaf(&mut self, leaf: usize, node: Option<&'a LeafNode>) {
        let Some(place) = self.leaves.get_mut(leaf) else {
            return;
        };
        *place = node;
        for ancestor in self.direct_path(leaf) {
            self.parents.remove(&ancestor.parent_index());
        }
    }

    /// The keys of the resolutions of all nodes of the copath (section 7.5).
    fn copath_resolution(&self, leaf: usize) -> Result<Vec<Vec<u8>>, PrepareError> {
        let mut keys = Vec::new();
        for ancestor in self.direct_path(leaf) {
            for child in ancestor.children() {
                let is_on_path =
                    (child.first_leaf..child.first_leaf + child.leaves).contains(&leaf);
                if !is_on_path {
                    self.resolve(child, &mut keys)?;
                }
            }
        }
        Ok(keys)
    }

    /// Appends the keys of the resolution of a node (section 4.1.1).
    fn resolve(&self, node: Subtree, keys: &mut Vec<Vec<u8>>) -> Result<(), PrepareError> {
        if node.leaves == 1 {
            return self.resolve_leaf(node.first_leaf, keys);
        }
        let Some(parent) = self.parents.get(&node.parent_index()) else {
            return node
                .children()
                .into_iter()
                .try_for_each(|child| self.resolve(child, keys));
        };
        let encoded = encode(*parent)?;
        let parent = EncodedParentNode::read(&encoded).ok_or(PrepareError::Malformed)?;
        keys.push(parent.encryption_key.to_vec());
        parent
            .unmerged_leaves()
            .try_for_each(|leaf| self.resolve_leaf(leaf, keys))
    }

    /// Appends the key of a leaf, unless it is blank.
    fn resolve_leaf(&self, leaf: usize, keys: &mut Vec<Vec<u8>>) -> Result<(), PrepareError> {
        if let Some(leaf) = self.leaves.get(leaf).copied().flatten() {
            let encoded = encode(leaf.encryption_key())?;
            let key = encoded::vector(&encoded).ok_or(PrepareError::Malformed)?;
            keys.push(key.to_vec());
        }
        Ok(())
    }
}
