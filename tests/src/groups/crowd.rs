//! The members of one group, and random operations by random ones of them.

use openmls::prelude::{
    Ciphersuite, KeyPackage, KeyPackageIn, LeafNodeIndex, MlsMessageIn, RatchetTreeIn, Welcome,
};

use super::member::{Commit, Committing, Kind, Member, Tree};
use super::tally::Tally;
use crate::choices::Choices;

/// OpenMLS walks the whole tree for every member that it adds.
const ADDED_AT_ONCE: usize = 500;

/// Awake members at first, if the group has as many.
const AWAKE: usize = 6;

/// A group: some members are awake and take part, the others just have a leaf.
pub struct Crowd {
    suite: Ciphersuite,
    tree: Tree,
    kinds: Vec<Kind>,
    awake: Vec<Member>,
    choices: Choices,
    names: usize,
    tally: Tally,
}

/// What can happen to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A member commits nothing but a new path.
    Update,
    /// Members propose updates of their own leaves, one of them twice; another commits.
    ProposedUpdates,
    /// A member proposes to remove others, one of which proposes an update before or after.
    ProposedRemovals,
    /// A member proposes to leave, having proposed an update.
    ProposedSelfRemoval,
    /// A member proposes to add others; another commits, with a path.
    ProposedAdds,
    /// All of these at once, in a random order.
    ProposedMixture,
    /// A member commits its own removals of others.
    Removals,
    /// A member commits its own additions.
    Adds,
    /// A client joins by an external commit.
    ExternalJoin,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Update,
        Self::ProposedUpdates,
        Self::ProposedRemovals,
        Self::ProposedSelfRemoval,
        Self::ProposedAdds,
        Self::ProposedMixture,
        Self::Removals,
        Self::Adds,
        Self::ExternalJoin,
    ];
}

impl Crowd {
    /// A group of `size` members, built in bulk by its creator.
    pub fn new(suite: Ciphersuite, size: usize, tree: Tree) -> Self {
        let mut creator = Member::new("creator", Kind::Prepared, suite);
        creator.create(tree);
        let mut crowd = Self {
            suite,
            tree,
            kinds: Kind::having(suite),
            awake: vec![creator],
            choices: Choices::new(&format!("{suite:?}, {size} members, tree {tree:?}")),
            names: 0,
            tally: Tally::default(),
        };
        let awake = AWAKE.min(size) - 1;
        crowd.add(0, awake, 0);
        let mut asleep = size - 1 - awake;
        while asleep > 0 {
            let added = asleep.min(ADDED_AT_ONCE);
            crowd.add(0, 0, added);
            asleep -= added;
        }
        assert_eq!(crowd.size(), size);
        crowd
    }

    /// The number of members.
    pub fn size(&self) -> usize {
        self.awake[0].group().members().count()
    }

    /// Every member that is awake commits a new path, and with it blanks none.
    pub fn populate(&mut self) {
        for committer in 0..self.awake.len() {
            self.commit(committer, &Committing::Update);
        }
    }

    /// Removes a third of those that sleep, so that the tree has blanks.
    pub fn blank_a_third(&mut self) {
        let asleep = self.asleep();
        let asleep = self.choices.shuffled(asleep);
        self.remove(&asleep[..asleep.len() / 3]);
    }

    /// Performs each of `operations`.
    pub fn perform(&mut self, operations: &[Operation]) {
        for operation in operations {
            self.perform_one(*operation);
        }
    }

    /// Performs all operations, `times` each, in a random order.
    pub fn perform_all(&mut self, times: usize) {
        let operations = (0..times).flat_map(|_| Operation::ALL).collect();
        let operations = self.choices.shuffled(operations);
        self.perform(&operations);
    }

    /// Ends the story.
    pub fn finish(self) -> Tally {
        self.tally
    }

    fn perform_one(&mut self, operation: Operation) {
        while self.awake.len() < 4 {
            let adder = self.any_awake();
            self.add(adder, 2, 2);
        }
        println!("epoch {}: {operation:?}", self.awake[0].group().epoch());
        let committer = self.any_awake();
        match operation {
            Operation::Update => self.commit(committer, &Committing::Update),
            Operation::ProposedUpdates => {
                self.propose_updates(committer);
                self.commit(committer, &Committing::Pending);
            }
            Operation::ProposedRemovals => {
                self.propose_removals(committer);
                self.commit(committer, &Committing::Pending);
            }
            Operation::ProposedSelfRemoval => {
                self.propose_self_removal(committer);
                self.commit(committer, &Committing::Pending);
            }
            Operation::ProposedAdds => {
                let joiners = self.propose_adds(committer);
                self.commit_and_welcome(committer, &Committing::Update, joiners);
            }
            Operation::ProposedMixture => self.commit_a_mixture(committer),
            Operation::Removals => {
                let asleep = self.asleep();
                let removed = 1 + self.choices.below(3);
                let removed: Vec<_> = self
                    .choices
                    .shuffled(asleep)
                    .into_iter()
                    .take(removed)
                    .collect();
                self.remove(&removed);
            }
            Operation::Adds => {
                let (awake, asleep) = (self.choices.below(3), 1 + self.choices.below(4));
                self.add(committer, awake, asleep);
            }
            Operation::ExternalJoin => self.join_externally(),
        }
    }

    fn any_awake(&mut self) -> usize {
        self.choices.below(self.awake.len())
    }

    /// Any member that is awake, but that one.
    fn another(&mut self, than: usize) -> usize {
        let other = self.choices.below(self.awake.len() - 1);
        if other < than { other } else { other + 1 }
    }

    /// The leaves of those that sleep.
    fn asleep(&self) -> Vec<LeafNodeIndex> {
        let awake: Vec<_> = self.awake.iter().map(Member::leaf).collect();
        let members = self.awake[0].group().members();
        members
            .map(|member| member.index)
            .filter(|leaf| !awake.contains(leaf))
            .collect()
    }

    fn client(&mut self) -> Member {
        self.names += 1;
        let kind = self.kinds[self.names % self.kinds.len()];
        Member::new(&format!("member {}", self.names), kind, self.suite)
    }

    /// New clients with their key packages, as a member has validated them.
    fn clients(&mut self, validator: usize, count: usize) -> Vec<(Member, KeyPackage)> {
        let clients: Vec<_> = (0..count).map(|_| self.client()).collect();
        let sent: Vec<KeyPackageIn> = clients.iter().map(Member::key_package).collect();
        let valid = self.awake[validator].validate(sent, &mut self.tally);
        clients.into_iter().zip(valid.unwrap()).collect()
    }

    /// Hands `message` to all that are awake but its sender.
    fn deliver(&mut self, sender: usize, message: &MlsMessageIn) {
        for (i, member) in self.awake.iter_mut().enumerate() {
            if i != sender {
                member.process(message);
            }
        }
    }

    fn propose(&mut self, proposer: usize, propose: impl FnOnce(&mut Member) -> MlsMessageIn) {
        let proposal = propose(&mut self.awake[proposer]);
        self.deliver(proposer, &proposal);
        self.tally.proposals += 1;
    }

    fn propose_updates(&mut self, committer: usize) {
        for _ in 0..2 {
            let proposer = self.another(committer);
            self.propose(proposer, Member::propose_update);
        }
        let twice = self.another(committer);
        self.propose(twice, Member::propose_update);
        self.propose(twice, Member::propose_update);
    }

    /// Removes one that is awake and, twice, one that sleeps.
    fn propose_removals(&mut self, committer: usize) {
        let removed = self.another(committer);
        let leaf = self.awake[removed].leaf();
        let has_updated_before = self.choices.one_in(2);
        if has_updated_before {
            self.propose(removed, Member::propose_update);
        }
        self.propose(committer, |member| member.propose_remove(leaf));
        if !has_updated_before {
            self.propose(removed, Member::propose_update);
        }
        let asleep = self.asleep();
        if !asleep.is_empty() {
            let leaf = self.choices.pick(&asleep);
            for _ in 0..2 {
                let proposer = self.any_awake();
                self.propose(proposer, |member| member.propose_remove(leaf));
            }
        }
    }

    fn propose_self_removal(&mut self, committer: usize) {
        let leaver = self.another(committer);
        self.propose(leaver, Member::propose_update);
        self.propose(leaver, Member::propose_self_remove);
    }

    /// Returns those that are awake among the joiners.
    fn propose_adds(&mut self, committer: usize) -> Vec<Member> {
        let proposer = self.any_awake();
        let count = 1 + self.choices.below(3);
        let mut joiners = Vec::new();
        for (client, key_package) in self.clients(committer, count) {
            self.propose(proposer, |member| member.propose_add(&key_package));
            if self.choices.one_in(2) {
                joiners.push(client);
            }
        }
        joiners
    }

    fn commit_a_mixture(&mut self, committer: usize) {
        let mut joiners = Vec::new();
        for part in self.choices.shuffled(vec![0, 1, 2]) {
            match part {
                0 => self.propose_updates(committer),
                1 => self.propose_removals(committer),
                _ => joiners = self.propose_adds(committer),
            }
        }
        // OpenMLS takes for impossible that anything for this leaf comes after it.
        self.propose_self_removal(committer);
        self.commit_and_welcome(committer, &Committing::Pending, joiners);
    }

    fn add(&mut self, adder: usize, awake: usize, asleep: usize) {
        let (mut joiners, key_packages): (Vec<_>, Vec<_>) =
            self.clients(adder, awake + asleep).into_iter().unzip();
        joiners.truncate(awake);
        self.commit_and_welcome(adder, &Committing::Adding(key_packages), joiners);
    }

    fn remove(&mut self, leaves: &[LeafNodeIndex]) {
        if leaves.is_empty() {
            return;
        }
        let remover = self.any_awake();
        let commit = self.awake[remover].remove(leaves, &mut self.tally);
        self.enter_next_epoch(remover, commit, Vec::new());
    }

    fn commit(&mut self, committer: usize, how: &Committing) {
        self.commit_and_welcome(committer, how, Vec::new());
    }

    fn commit_and_welcome(&mut self, committer: usize, how: &Committing, joiners: Vec<Member>) {
        let commit = self.awake[committer].commit(how, &mut self.tally);
        self.enter_next_epoch(committer, commit, joiners);
    }

    /// Everybody processes the commit, the removed fall asleep for good, the joiners join.
    fn enter_next_epoch(&mut self, committer: usize, commit: Commit, joiners: Vec<Member>) {
        self.deliver(committer, &commit.commit);
        let tree = (self.tree == Tree::Apart).then(|| self.awake[committer].ratchet_tree());
        self.awake.retain(|member| member.group().is_active());
        for joiner in joiners {
            let welcome = commit.welcome.clone().expect("a Welcome");
            self.welcome(joiner, welcome, tree.clone());
        }
        self.assert_agreement();
    }

    fn welcome(&mut self, mut joiner: Member, welcome: Welcome, tree: Option<RatchetTreeIn>) {
        joiner.join(welcome, tree, &mut self.tally).unwrap();
        self.awake.push(joiner);
    }

    fn join_externally(&mut self) {
        let inside = self.any_awake();
        let group_info = self.awake[inside].group_info();
        let ratchet_tree = self.awake[inside].ratchet_tree();
        let mut joiner = self.client();
        let commit = joiner.join_externally(group_info, ratchet_tree, self.tree);
        self.awake.push(joiner);
        self.deliver(self.awake.len() - 1, &commit);
        self.tally.external_joins += 1;
        self.assert_agreement();
    }

    fn assert_agreement(&mut self) {
        let (first, others) = self.awake.split_first().expect("someone is awake");
        for other in others {
            assert_eq!(other.secrets(), first.secrets(), "{:?}", other.kind());
            assert_eq!(other.group().epoch(), first.group().epoch());
        }
        self.tally.epochs += 1;
    }
}
