//! Members of a group, invitations into it, and groups of any size made from them.

use std::sync::Arc;

use openmls::{
    group::ProcessedWelcome,
    prelude::{
        CommitMessageBundle, DeserializeBytes, KeyPackage, LeafNodeParameters, MlsGroup,
        MlsGroupCreateConfig, MlsMessageIn, MlsMessageOut, PURE_PLAINTEXT_WIRE_FORMAT_POLICY,
        ProcessedMessageContent, ProtocolMessage, RatchetTreeIn, StagedCommit, Welcome,
    },
};
use openmls_traits::OpenMlsProvider;

use super::super::{
    Case,
    client::{Client, Stored, capabilities, key_packages},
};
use crate::{BenchError, engine::Engine, error::Step};

/// How many members one commit adds while a group is filled: OpenMLS's time for an
/// Add grows with the Adds beside it, and that is not what is measured.
const ADDED_AT_ONCE: usize = 250;

/// Whether the ratchet tree is part of a Welcome or delivered beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tree {
    Inside,
    Beside,
}

/// A client in a group.
pub(super) struct Member<E: Engine> {
    /// Shared, so that what was prepared with its provider does not borrow the member.
    client: Arc<Client<E>>,
    group: MlsGroup,
}

/// A client with a Welcome into a group, ready to join again and again.
pub(super) struct Invited<E: Engine> {
    client: Client<E>,
    stored: Stored,
    invitation: Invitation,
}

/// What a client needs to join.
#[derive(Clone)]
pub(super) struct Invitation {
    pub(super) welcome: Welcome,
    /// The ratchet tree, unless it is inside the Welcome.
    pub(super) tree: Option<RatchetTreeIn>,
}

impl<E: Engine> Member<E> {
    /// The only member of a new group.
    pub(super) fn found(case: &Case, tree: Tree) -> Result<Self, BenchError> {
        let client = Client::new("founder", case.suite)?;
        let group = MlsGroup::new(
            &client.provider,
            &client.signer,
            &configuration(case, tree),
            client.credential.clone(),
        )
        .step("found a group")?;
        let client = Arc::new(client);
        Ok(Self { client, group })
    }

    pub(super) fn client(&self) -> &Arc<Client<E>> {
        &self.client
    }

    pub(super) fn group(&self) -> &MlsGroup {
        &self.group
    }

    /// The founder of a group of `case.members`, and its last member, invited.
    pub(super) fn found_filled(case: &Case) -> Result<(Self, Invited<E>), BenchError> {
        let mut founder = Self::found(case, Tree::Beside)?;
        let others = key_packages::<E>(case.suite, case.members.saturating_sub(2))?;
        for chunk in others.chunks(ADDED_AT_ONCE) {
            founder.add_without_path(chunk)?;
        }
        let last = Client::new("last", case.suite)?;
        let key_package = last.key_package()?.into_key_package();
        let welcome = founder.add_without_path(&[key_package])?;
        let tree = Some(founder.group.export_ratchet_tree().into());
        let invited = Invited::new(last, Invitation { welcome, tree })?;
        Ok((founder, invited))
    }

    /// Commits to adding `key_packages`, with an update path. The commit stays pending.
    pub(super) fn add(&mut self, key_packages: &[KeyPackage]) -> Result<Welcome, BenchError> {
        let _prepared = E::prepare_welcome(&self.client.provider, key_packages)?;
        self.commit_adds(key_packages, true)
    }

    /// Commits to an update of the own leaf and path. The commit stays pending.
    pub(super) fn update(&mut self) -> Result<CommitMessageBundle, BenchError> {
        self.group
            .self_update(
                &self.client.provider,
                &self.client.signer,
                LeafNodeParameters::default(),
            )
            .step("commit to an update")
    }

    /// Forgets the pending commit.
    pub(super) fn forget_commit(&mut self) -> Result<(), BenchError> {
        self.group
            .clear_pending_commit(self.client.provider.storage())
            .step("forget the commit")
    }

    /// Processes another member's commit, without entering the epoch it opens.
    pub(super) fn process(&mut self, commit: ProtocolMessage) -> Result<StagedCommit, BenchError> {
        let processed = self
            .group
            .process_message(&self.client.provider, commit)
            .step("process the commit")?;
        match processed.into_content() {
            ProcessedMessageContent::StagedCommitMessage(staged) => Ok(*staged),
            _ => Err(BenchError::WrongResult("the message is not a commit")),
        }
    }

    /// The authenticator of the epoch that the pending commit opens.
    pub(super) fn next_authenticator(&self) -> Result<Vec<u8>, BenchError> {
        authenticator(self.pending_commit()?)
    }

    /// The authenticator of this epoch.
    pub(super) fn authenticator(&self) -> Vec<u8> {
        self.group.epoch_authenticator().as_slice().to_vec()
    }

    /// The ratchet tree of the epoch that the pending commit opens.
    pub(super) fn next_tree(&self) -> Result<RatchetTreeIn, BenchError> {
        let tree = self
            .pending_commit()?
            .export_ratchet_tree(
                self.client.provider.crypto(),
                self.group.export_ratchet_tree(),
            )
            .step("export the ratchet tree")?;
        tree.map(RatchetTreeIn::from)
            .ok_or(BenchError::WrongResult("the commit has no ratchet tree"))
    }

    fn pending_commit(&self) -> Result<&StagedCommit, BenchError> {
        self.group
            .pending_commit()
            .ok_or(BenchError::WrongResult("the commit is not pending"))
    }

    fn add_without_path(&mut self, key_packages: &[KeyPackage]) -> Result<Welcome, BenchError> {
        let welcome = self.commit_adds(key_packages, false)?;
        self.group
            .merge_pending_commit(&self.client.provider)
            .step("merge the commit")?;
        Ok(welcome)
    }

    fn commit_adds(
        &mut self,
        key_packages: &[KeyPackage],
        with_path: bool,
    ) -> Result<Welcome, BenchError> {
        let provider = &self.client.provider;
        self.group
            .commit_builder()
            .propose_adds(key_packages.iter().cloned())
            .force_self_update(with_path)
            .load_psks(provider.storage())
            .step("load the pre-shared keys")?
            .build(
                provider.rand(),
                provider.crypto(),
                &self.client.signer,
                |_| true,
            )
            .step("commit to the additions")?
            .stage_commit(provider)
            .step("stage the commit")?
            .into_welcome()
            .ok_or(BenchError::WrongResult(
                "the commit comes without a Welcome",
            ))
    }
}

impl<E: Engine> Invited<E> {
    /// `client`, whose storage holds the keys of its key package, with its invitation.
    pub(super) fn new(client: Client<E>, invitation: Invitation) -> Result<Self, BenchError> {
        let stored = client.stored()?;
        Ok(Self {
            client,
            stored,
            invitation,
        })
    }

    /// Undoes an earlier join, and hands out what the next one consumes.
    pub(super) fn invitation(&self) -> Result<Invitation, BenchError> {
        self.client.restore(self.stored.clone())?;
        Ok(self.invitation.clone())
    }

    /// Joins the group.
    pub(super) fn join(&self, invitation: Invitation) -> Result<MlsGroup, BenchError> {
        join(&self.client, invitation)
    }

    /// Joins the group and stays in it.
    pub(super) fn into_member(self) -> Result<Member<E>, BenchError> {
        let group = join(&self.client, self.invitation)?;
        Ok(Member {
            client: Arc::new(self.client),
            group,
        })
    }
}

/// Joins the group that `invitation` leads into.
pub(super) fn join<E: Engine>(
    client: &Client<E>,
    invitation: Invitation,
) -> Result<MlsGroup, BenchError> {
    let Invitation { welcome, tree } = invitation;
    let configuration = MlsGroupCreateConfig::builder()
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .build();
    let provider = &client.provider;
    let processed =
        ProcessedWelcome::new_from_welcome(provider, configuration.join_config(), welcome)
            .step("process the Welcome")?;
    let _prepared = E::prepare_join(provider, &processed, tree.as_ref())?;
    processed
        .into_staged_welcome(provider, tree)
        .step("validate the ratchet tree")?
        .into_group(provider)
        .step("join the group")
}

/// The authenticator of the epoch that `commit` opens.
pub(super) fn authenticator(commit: &StagedCommit) -> Result<Vec<u8>, BenchError> {
    commit
        .epoch_authenticator()
        .map(|authenticator| authenticator.as_slice().to_vec())
        .ok_or(BenchError::WrongResult("the commit removes its own member"))
}

/// The message as another member receives it.
pub(super) fn received(message: &MlsMessageOut) -> Result<ProtocolMessage, BenchError> {
    let bytes = message.to_bytes().step("serialize the message")?;
    MlsMessageIn::tls_deserialize_exact_bytes(&bytes)
        .step("deserialize the message")?
        .try_into_protocol_message()
        .step("read the message")
}

fn configuration(case: &Case, tree: Tree) -> MlsGroupCreateConfig {
    MlsGroupCreateConfig::builder()
        .ciphersuite(case.suite)
        .capabilities(capabilities(case.suite))
        .wire_format_policy(PURE_PLAINTEXT_WIRE_FORMAT_POLICY)
        .use_ratchet_tree_extension(tree == Tree::Inside)
        .build()
}
