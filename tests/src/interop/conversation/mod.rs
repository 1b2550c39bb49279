//! One group in use: each step is one operation, delivered to everyone, after
//! which the new epoch is checked.

mod checks;

use std::ops::AddAssign;

use super::case::Case;
use super::external_sender::ExternalSender;
use super::implementation::Implementation;
use super::member::{Commit, Failure, Member, Received, Setup};
use super::wire_format;

const GROUP_ID: &[u8] = b"interop";

/// What was exercised, for the report and against silent omission.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Groups created.
    pub groups: usize,
    /// Epochs entered after the groups' creation.
    pub epochs: usize,
    /// Removals proposed by an external sender.
    pub external_removals: usize,
    /// Application messages that a member read.
    pub messages_read: usize,
    /// Application messages that a removed member failed to read.
    pub messages_refused: usize,
}

impl Tally {
    /// The tally of `runs` equal runs.
    pub fn times(self, runs: usize) -> Self {
        let mut sum = Self::default();
        (0..runs).for_each(|_| sum += self);
        sum
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.groups += other.groups;
        self.epochs += other.epochs;
        self.external_removals += other.external_removals;
        self.messages_read += other.messages_read;
        self.messages_refused += other.messages_refused;
    }
}

/// A group's members, past and present, and the delivery service between them.
pub struct Conversation<'a> {
    case: &'a Case,
    external_sender: ExternalSender,
    members: Vec<Participant>,
    removed: Vec<Participant>,
    epoch_authenticator: Vec<u8>,
    step: String,
    epoch: u64,
    tally: Tally,
}

struct Participant {
    name: &'static str,
    client: Box<dyn Member>,
}

/// The steps. All panic when anything goes wrong.
impl<'a> Conversation<'a> {
    /// `creator` creates the group.
    pub fn create(
        case: &'a Case,
        creator: &'static str,
        implementation: &'static Implementation,
    ) -> Self {
        let mut conversation = Self {
            case,
            external_sender: ExternalSender::new(case.ciphersuite).expect("external sender's key"),
            members: Vec::new(),
            removed: Vec::new(),
            epoch_authenticator: Vec::new(),
            step: format!("{creator} creates the group"),
            epoch: 0,
            tally: Tally {
                groups: 1,
                ..Tally::default()
            },
        };
        conversation.create_group(creator, implementation);
        conversation
    }

    /// `adder` commits an Add of `newcomer`, who joins from the Welcome.
    pub fn add(
        &mut self,
        adder: &'static str,
        newcomer: &'static str,
        implementation: &'static Implementation,
    ) {
        self.step = format!("{adder} adds {newcomer}");
        let mut newcomer = self.client(newcomer, implementation);
        let key_package = self.expect(newcomer.name, newcomer.client.key_package());
        self.expect_format(newcomer.name, &key_package, wire_format::KEY_PACKAGE);
        let commit = self.operate(adder, |client| client.add(&key_package));
        self.deliver(adder, &commit.commit, Received::NewEpoch);

        let welcome = commit.welcome.ok_or(Failure::new("no Welcome"));
        let welcome = self.expect(adder, welcome);
        self.expect_format(adder, &welcome, wire_format::WELCOME);
        self.expect(newcomer.name, newcomer.client.join(&welcome));
        self.members.push(newcomer);
        self.enter_next_epoch();
    }

    /// `member` commits a new path.
    pub fn update(&mut self, member: &'static str) {
        self.step = format!("{member} updates by a commit");
        let commit = self.operate(member, |client| client.update());
        self.deliver_without_welcome(member, &commit);
        self.enter_next_epoch();
    }

    /// `proposer` proposes an Update and `committer` commits it.
    pub fn update_by_proposal(&mut self, proposer: &'static str, committer: &'static str) {
        self.step = format!("{proposer} proposes an update, {committer} commits it");
        let proposal = self.operate(proposer, |client| client.propose_update());
        self.deliver(proposer, &proposal, Received::Proposal);
        let commit = self.operate(committer, |client| client.commit_proposals());
        self.deliver_without_welcome(committer, &commit);
        self.enter_next_epoch();
    }

    /// `remover` commits a Remove of `removed`.
    pub fn remove(&mut self, remover: &'static str, removed: &'static str) {
        self.step = format!("{remover} removes {removed}");
        let leaf_index = self.leaf_index(removed);
        let commit = self.operate(remover, |client| client.remove(leaf_index));
        self.part_with(removed, remover, &commit);
    }

    /// The external sender proposes to remove `removed`, `committer` commits.
    pub fn remove_by_external_sender(&mut self, removed: &'static str, committer: &'static str) {
        self.step = format!("the external sender removes {removed}, {committer} commits");
        let leaf_index = self.leaf_index(removed);
        let proposal = self
            .external_sender
            .propose_remove(GROUP_ID, self.epoch, leaf_index);
        let proposal = self.expect("external sender", proposal);
        self.deliver_external(&proposal);
        let commit = self.operate(committer, |client| client.commit_proposals());
        self.part_with(removed, committer, &commit);
        self.tally.external_removals += 1;
    }

    /// Ends the story.
    pub fn finish(self) -> Tally {
        self.tally
    }
}

/// Operations and their delivery.
impl Conversation<'_> {
    fn create_group(&mut self, creator: &'static str, implementation: &'static Implementation) {
        let mut creator = self.client(creator, implementation);
        let external_sender = self.external_sender.identity();
        let created = creator.client.create(GROUP_ID, &external_sender);
        self.expect(creator.name, created);
        self.members.push(creator);
        self.check_agreement();
    }

    fn client(&self, name: &'static str, implementation: &'static Implementation) -> Participant {
        let setup = Setup {
            name,
            ciphersuite: self.case.ciphersuite,
            handshake_format: self.case.handshake_format,
        };
        let client = self.expect(name, (implementation.member)(&setup));
        Participant { name, client }
    }

    fn operate<T>(
        &mut self,
        name: &'static str,
        operation: impl FnOnce(&mut dyn Member) -> Result<T, Failure>,
    ) -> T {
        let index = self.position(name);
        let result = operation(self.members[index].client.as_mut());
        self.expect(name, result)
    }

    /// Delivers a member's handshake message to all other members.
    fn deliver(&mut self, sender: &'static str, handshake: &[u8], expected: Received) {
        let format = self.case.handshake_format.wire_format();
        self.expect_format(sender, handshake, format);
        self.process(self.names_except(sender), handshake, expected);
    }

    /// An external proposal goes to all members, always as a PublicMessage.
    fn deliver_external(&mut self, proposal: &[u8]) {
        self.expect_format("external sender", proposal, wire_format::PUBLIC_MESSAGE);
        self.process(self.names(), proposal, Received::Proposal);
    }

    fn process(&mut self, receivers: Vec<&'static str>, handshake: &[u8], expected: Received) {
        for name in receivers {
            let received = self.operate(name, |client| client.process(handshake));
            self.expect_equal(name, "what the handshake did", &received, &expected);
        }
    }

    fn deliver_without_welcome(&mut self, committer: &'static str, commit: &Commit) {
        self.expect_equal(committer, "the Welcome", &commit.welcome, &None);
        self.deliver(committer, &commit.commit, Received::NewEpoch);
    }

    /// Delivers a removal and enters the epoch it makes. The leaver receives it
    /// only after that, having failed to read on with all that it knew.
    fn part_with(&mut self, leaver: &'static str, committer: &'static str, commit: &Commit) {
        let leaver = self.members.remove(self.position(leaver));
        self.deliver_without_welcome(committer, commit);
        self.removed.push(leaver);
        self.enter_next_epoch();
        self.tell_the_last_removed(commit);
    }

    fn tell_the_last_removed(&mut self, commit: &Commit) {
        let leaver = self.removed.last_mut().expect("just removed");
        let name = leaver.name;
        let received = leaver.client.process(&commit.commit);
        let received = self.expect(name, received);
        self.expect_equal(name, "what the removal did", &received, &Received::Removed);
    }

    fn enter_next_epoch(&mut self) {
        self.epoch += 1;
        self.tally.epochs += 1;
        self.check_agreement();
        self.check_messages();
    }

    fn leaf_index(&self, name: &'static str) -> u32 {
        let index = self.members[self.position(name)].client.leaf_index();
        self.expect(name, index)
    }

    fn position(&self, name: &str) -> usize {
        let position = self.members.iter().position(|member| member.name == name);
        self.expect(name, position.ok_or(Failure::new("not in the group")))
    }

    fn names(&self) -> Vec<&'static str> {
        self.members.iter().map(|member| member.name).collect()
    }

    fn names_except(&self, sender: &str) -> Vec<&'static str> {
        let mut names = self.names();
        names.retain(|name| *name != sender);
        names
    }
}
