//! What happened in groups.

use openmls::prelude::MlsGroup;
use openmls::treesync::LeafNodeSource;

/// What happened in a group, for the report and against silent omission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Epochs in which all members that are awake were found to agree.
    pub epochs: usize,
    /// Commits, external ones not among them.
    pub commits: usize,
    /// Commits for which just the seals were prepared that they made.
    pub prepared_commits: usize,
    /// The seals of those.
    pub prepared_seals: usize,
    /// Joins by an external commit.
    pub external_joins: usize,
    /// Joins from a Welcome for which just the signatures were prepared that were verified.
    pub prepared_joins: usize,
    /// The leaves that key packages made, in the trees of those.
    pub key_package_leaves: usize,
    /// The leaves that updates made.
    pub update_leaves: usize,
    /// The leaves that commits made.
    pub commit_leaves: usize,
    /// Key packages both of whose signatures were prepared.
    pub key_packages: usize,
    /// Proposals that were committed by another member, or superseded.
    pub proposals: usize,
}

impl Tally {
    pub(super) fn count_join(&mut self, group: &MlsGroup) {
        self.prepared_joins += 1;
        for leaf in group.treesync().leaves().into_iter().flatten() {
            match leaf.leaf_node_source() {
                LeafNodeSource::KeyPackage(_) => self.key_package_leaves += 1,
                LeafNodeSource::Update => self.update_leaves += 1,
                LeafNodeSource::Commit(_) => self.commit_leaves += 1,
            }
        }
    }
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.epochs += other.epochs;
        self.commits += other.commits;
        self.prepared_commits += other.prepared_commits;
        self.prepared_seals += other.prepared_seals;
        self.external_joins += other.external_joins;
        self.prepared_joins += other.prepared_joins;
        self.key_package_leaves += other.key_package_leaves;
        self.update_leaves += other.update_leaves;
        self.commit_leaves += other.commit_leaves;
        self.key_packages += other.key_packages;
        self.proposals += other.proposals;
    }
}
