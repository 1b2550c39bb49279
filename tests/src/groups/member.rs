//! A member of a real group, on one of three ways to do its cryptography.

use openmls::messages::group_info::VerifiableGroupInfo;
use openmls::prelude::tls_codec::DeserializeBytes;
use openmls::prelude::*;
use openmls::treesync::LeafNodeParameters;
use openmls_hw_crypto::{HwCrypto, SignatureKeyPair};
use openmls_memory_storage::MemoryStorage;
use openmls_rust_crypto::RustCrypto;
use openmls_traits::OpenMlsProvider;

use super::counted::Provider;
use super::tally::Tally;

/// How a member does its cryptography.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// On `HwCrypto`, everything prepared; what was prepared has to be just what is needed.
    Prepared,
    /// On `HwCrypto`, nothing prepared.
    Unprepared,
    /// On `openmls_rust_crypto`.
    RustCrypto,
}

impl Kind {
    /// The kinds that have `suite`.
    pub fn having(suite: Ciphersuite) -> Vec<Self> {
        let mut kinds = vec![Self::Prepared, Self::Unprepared];
        if RustCrypto::default().supports(suite).is_ok() {
            kinds.push(Self::RustCrypto);
        }
        kinds
    }
}

/// A client, which may be in a group. Failure panics: this is for tests only.
pub struct Member {
    kind: Kind,
    suite: Ciphersuite,
    hw: HwCrypto,
    provider: Provider,
    signer: SignatureKeyPair,
    credential: CredentialWithKey,
    group: Option<MlsGroup>,
}

/// What a commit sends.
pub struct Commit {
    /// The commit, for the members.
    pub commit: MlsMessageIn,
    /// The Welcome, for those that it adds.
    pub welcome: Option<Welcome>,
}

/// How a member commits.
#[derive(Clone, Debug)]
pub enum Committing {
    /// To the pending proposals, or to nothing, with a path in any case.
    Update,
    /// To the pending proposals, one of which demands a path.
    Pending,
    /// To the pending proposals and to these additions, with a path.
    Adding(Vec<KeyPackage>),
}

fn capabilities(suite: Ciphersuite) -> Capabilities {
    Capabilities::builder()
        .ciphersuites(vec![suite])
        .proposals(vec![ProposalType::SelfRemove])
        .build()
}

/// Whether the ratchet tree goes into the GroupInfo or is delivered apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tree {
    /// In the GroupInfo.
    InGroupInfo,
    /// Apart from it.
    Apart,
}

impl Member {
    /// A client of no group yet.
    pub fn new(name: &str, kind: Kind, suite: Ciphersuite) -> Self {
        let signer = SignatureKeyPair::new(suite.signature_algorithm()).unwrap();
        let credential = CredentialWithKey {
            credential: BasicCredential::new(name.into()).into(),
            signature_key: signer.to_public_vec().into(),
        };
        let (hw, provider) = providers(kind, &MemoryStorage::default());
        Self {
            kind,
            suite,
            hw,
            provider,
            signer,
            credential,
            group: None,
        }
    }

    /// This client as it was stored, on another kind of cryptography.
    pub fn copy(&self, kind: Kind) -> Self {
        let (hw, provider) = providers(kind, self.provider.storage());
        let signer = SignatureKeyPair::clone(&self.signer);
        Self {
            kind,
            suite: self.suite,
            hw,
            provider,
            signer,
            credential: self.credential.clone(),
            group: None,
        }
    }

    /// How this member does its cryptography.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The group.
    pub fn group(&self) -> &MlsGroup {
        self.group.as_ref().expect("in a group")
    }

    /// The member's place.
    pub fn leaf(&self) -> LeafNodeIndex {
        self.group().own_leaf_index()
    }

    /// Creates a group of one.
    pub fn create(&mut self, tree: Tree) {
        let group = MlsGroup::builder()
            .ciphersuite(self.suite)
            .with_capabilities(capabilities(self.suite))
            .with_wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(tree == Tree::InGroupInfo)
            .build(&self.provider, &self.signer, self.credential.clone());
        self.group = Some(group.unwrap());
    }

    /// A fresh key package, as it arrives at others.
    pub fn key_package(&self) -> KeyPackageIn {
        let bundle = KeyPackage::builder()
            .leaf_node_capabilities(capabilities(self.suite))
            .build(
                self.suite,
                &self.provider,
                &self.signer,
                self.credential.clone(),
            );
        sent(bundle.unwrap().key_package())
    }

    /// Validates key packages, prepared if this member prepares.
    ///
    /// # Errors
    /// That of the first that is refused.
    pub fn validate(
        &self,
        key_packages: Vec<KeyPackageIn>,
        tally: &mut Tally,
    ) -> Result<Vec<KeyPackage>, KeyPackageVerifyError> {
        let before = self.provider.crypto().verifications();
        let prepared = (self.kind == Kind::Prepared)
            .then(|| self.hw.prepare_key_packages(&key_packages).unwrap());
        let signatures = prepared.as_ref().map(|guard| guard.unused());
        let validate = |key_package: KeyPackageIn| {
            key_package.validate(self.provider.crypto(), ProtocolVersion::Mls10)
        };
        let count = key_packages.len();
        let valid: Vec<KeyPackage> = key_packages
            .into_iter()
            .map(validate)
            .collect::<Result<_, _>>()?;
        if let Some(prepared) = prepared {
            assert_eq!(signatures, Some(2 * count));
            assert_eq!(prepared.unused(), 0, "signatures of key packages");
            assert_eq!(self.provider.crypto().verifications() - before, 2 * count);
            tally.key_packages += count;
        }
        Ok(valid)
    }

    fn join_config(tree: Tree) -> MlsGroupJoinConfig {
        MlsGroupJoinConfig::builder()
            .wire_format_policy(MIXED_PLAINTEXT_WIRE_FORMAT_POLICY)
            .use_ratchet_tree_extension(tree == Tree::InGroupInfo)
            .build()
    }

    /// Joins from a Welcome; `tree` is the ratchet tree if it is delivered apart.
    ///
    /// # Errors
    /// OpenMLS's, shown.
    pub fn join(
        &mut self,
        welcome: Welcome,
        tree: Option<RatchetTreeIn>,
        tally: &mut Tally,
    ) -> Result<(), String> {
        let config = Self::join_config(match tree {
            Some(_) => Tree::Apart,
            None => Tree::InGroupInfo,
        });
        let shown = |error| format!("{error:?}");
        let welcome =
            ProcessedWelcome::new_from_welcome(&self.provider, &config, welcome).map_err(shown)?;
        let before = self.provider.crypto().verifications();
        let prepared = (self.kind == Kind::Prepared)
            .then(|| self.hw.prepare_join(&welcome, tree.as_ref()).unwrap());
        let leaves = prepared.as_ref().map(|guard| guard.unused());
        let staged = welcome
            .into_staged_welcome(&self.provider, tree)
            .map_err(shown)?;
        let group = staged.into_group(&self.provider).map_err(shown)?;
        if let Some(prepared) = prepared {
            assert_eq!(leaves, Some(group.members().count()));
            assert_eq!(prepared.unused(), 0, "signatures of leaves");
            // All leaves and the GroupInfo.
            let asked = self.provider.crypto().verifications() - before;
            assert_eq!(Some(asked), leaves.map(|leaves| leaves + 1));
            tally.count_join(&group);
        }
        self.group = Some(group);
        Ok(())
    }

    /// Joins by an external commit, which the others have to process.
    pub fn join_externally(
        &mut self,
        group_info: VerifiableGroupInfo,
        ratchet_tree: RatchetTreeIn,
        tree: Tree,
    ) -> MlsMessageIn {
        let parameters = LeafNodeParameters::builder()
            .with_capabilities(capabilities(self.suite))
            .build();
        let (group, bundle) = MlsGroup::external_commit_builder()
            .with_ratchet_tree(ratchet_tree)
            .with_config(Self::join_config(tree))
            .build_group(&self.provider, group_info, self.credential.clone())
            .unwrap()
            .leaf_node_parameters(parameters)
            .load_psks(self.provider.storage())
            .unwrap()
            .build(
                self.provider.rand(),
                self.provider.crypto(),
                &self.signer,
                |_| true,
            )
            .unwrap()
            .finalize(&self.provider)
            .unwrap();
        self.group = Some(group);
        self.merge();
        received(bundle.into_commit())
    }

    /// The GroupInfo by which others join externally.
    pub fn group_info(&self) -> VerifiableGroupInfo {
        let crypto = self.provider.crypto();
        let info = self.group().export_group_info(crypto, &self.signer, false);
        match received(info.unwrap()).extract() {
            MlsMessageBodyIn::GroupInfo(group_info) => group_info,
            _ => panic!("not a GroupInfo"),
        }
    }

    /// The ratchet tree, as it is delivered apart.
    pub fn ratchet_tree(&self) -> RatchetTreeIn {
        self.group().export_ratchet_tree().into()
    }

    /// Proposes new keys for the own leaf.
    pub fn propose_update(&mut self) -> MlsMessageIn {
        self.propose(|group, provider, signer| {
            let parameters = LeafNodeParameters::default();
            group
                .propose_self_update(provider, signer, parameters)
                .unwrap()
                .0
        })
    }

    /// Proposes to remove the member at `leaf`.
    pub fn propose_remove(&mut self, leaf: LeafNodeIndex) -> MlsMessageIn {
        self.propose(|group, provider, signer| {
            group
                .propose_remove_member(provider, signer, leaf)
                .unwrap()
                .0
        })
    }

    /// Proposes to leave.
    pub fn propose_self_remove(&mut self) -> MlsMessageIn {
        self.propose(|group, provider, signer| {
            group.leave_group_via_self_remove(provider, signer).unwrap()
        })
    }

    /// Proposes to add the owner of `key_package`.
    pub fn propose_add(&mut self, key_package: &KeyPackage) -> MlsMessageIn {
        self.propose(|group, provider, signer| {
            group
                .propose_add_member(provider, signer, key_package)
                .unwrap()
                .0
        })
    }

    fn propose(
        &mut self,
        proposal: impl FnOnce(&mut MlsGroup, &Provider, &SignatureKeyPair) -> MlsMessageOut,
    ) -> MlsMessageIn {
        let group = self.group.as_mut().expect("in a group");
        received(proposal(group, &self.provider, &self.signer))
    }

    /// Processes another's proposal or commit; a commit takes effect.
    pub fn process(&mut self, message: &MlsMessageIn) {
        let message = message.clone().try_into_protocol_message().unwrap();
        let group = self.group.as_mut().expect("in a group");
        let processed = group.process_message(&self.provider, message).unwrap();
        match processed.into_content() {
            ProcessedMessageContent::ProposalMessage(proposal) => {
                let storage = self.provider.storage();
                group.store_pending_proposal(storage, *proposal).unwrap();
            }
            ProcessedMessageContent::StagedCommitMessage(staged) => {
                group.merge_staged_commit(&self.provider, *staged).unwrap();
            }
            _ => panic!("neither a proposal nor a commit"),
        }
    }

    /// Commits; if this member prepares, what it prepared has to be just what it seals to.
    pub fn commit(&mut self, how: &Committing, tally: &mut Tally) -> Commit {
        let added = match how {
            Committing::Adding(key_packages) => key_packages.clone(),
            _ => Vec::new(),
        };
        let hw = self.hw.clone();
        let prepared = (self.kind == Kind::Prepared).then(|| {
            [
                hw.prepare_commit(self.group()).unwrap(),
                hw.prepare_welcome(&added).unwrap(),
            ]
        });
        let unused = || {
            prepared
                .iter()
                .flatten()
                .map(|guard| guard.unused())
                .sum::<usize>()
        };
        let keys = unused();
        let before = self.provider.crypto().seals();
        let commit = self.commit_to(how, added);
        if prepared.is_some() {
            let seals = self.provider.crypto().seals() - before;
            assert_eq!(
                (unused(), seals),
                (0, keys),
                "{how:?}: not what was prepared"
            );
            tally.prepared_commits += 1;
            tally.prepared_seals += seals;
        }
        tally.commits += 1;
        commit
    }

    fn commit_to(&mut self, how: &Committing, added: Vec<KeyPackage>) -> Commit {
        let has_path = !matches!(how, Committing::Pending);
        let provider = &self.provider;
        let group = self.group.as_mut().expect("in a group");
        let bundle = group
            .commit_builder()
            .propose_adds(added)
            .force_self_update(has_path)
            .load_psks(provider.storage())
            .unwrap()
            .build(provider.rand(), provider.crypto(), &self.signer, |_| true)
            .unwrap()
            .stage_commit(provider)
            .unwrap();
        let (commit, welcome, _) = bundle.into_contents();
        self.merge();
        Commit {
            commit: received(commit),
            welcome,
        }
    }

    fn merge(&mut self) {
        let group = self.group.as_mut().expect("in a group");
        group.merge_pending_commit(&self.provider).unwrap();
    }

    /// Commits to these removals, and to the pending proposals.
    pub fn remove(&mut self, leaves: &[LeafNodeIndex], tally: &mut Tally) -> Commit {
        let hw = self.hw.clone();
        // Not exact: nobody told it which members are removed.
        let prepared =
            (self.kind == Kind::Prepared).then(|| hw.prepare_commit(self.group()).unwrap());
        let provider = &self.provider;
        let group = self.group.as_mut().expect("in a group");
        let (commit, welcome, _) = group
            .remove_members(provider, &self.signer, leaves)
            .unwrap();
        assert!(welcome.is_none());
        drop(prepared);
        self.merge();
        tally.commits += 1;
        Commit {
            commit: received(commit),
            welcome: None,
        }
    }

    /// All that members of one epoch have to agree on.
    pub fn secrets(&self) -> [Vec<u8>; 2] {
        let group = self.group();
        let exported = group.export_secret(self.provider.crypto(), "test", b"context", 32);
        [
            group.epoch_authenticator().as_slice().to_vec(),
            exported.unwrap(),
        ]
    }

    /// What this member prepares with.
    pub fn hw(&self) -> &HwCrypto {
        &self.hw
    }
}

fn providers(kind: Kind, storage: &MemoryStorage) -> (HwCrypto, Provider) {
    let hw = HwCrypto::default();
    let provider = match kind {
        Kind::Prepared | Kind::Unprepared => Provider::new(hw.clone(), storage),
        Kind::RustCrypto => Provider::new(RustCrypto::default(), storage),
    };
    (hw, provider)
}

/// What a receiver makes of a structure that was sent.
pub fn sent<T: DeserializeBytes>(structure: &impl tls_codec::Serialize) -> T {
    let bytes = structure.tls_serialize_detached().unwrap();
    T::tls_deserialize_exact_bytes(&bytes).unwrap()
}

fn received(message: MlsMessageOut) -> MlsMessageIn {
    sent(&message)
}
