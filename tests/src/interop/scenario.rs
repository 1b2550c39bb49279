//! The life of one group, the same for every pairing.

use super::case::Case;
use super::conversation::{Conversation, Tally};

/// What one run must have counted. The numbers follow from the story below:
/// with n members in an epoch, n messages are each read n - 1 times, and once
/// tried in vain by everyone removed so far.
pub const TALLY: Tally = Tally {
    groups: 1,
    epochs: 15,
    external_removals: 2,
    messages_read: 96,
    messages_refused: 54,
};

/// Tells the story of one group.
///
/// # Panics
/// At the first step that goes wrong, naming the case, the epoch, the step and
/// the member.
pub fn play(case: &Case) -> Tally {
    let mut group = Conversation::create(case, "alice", case.creator);
    both_update(&mut group, case);
    both_add(&mut group, case);
    both_commit_an_update_proposal(&mut group);
    both_commit_an_external_removal(&mut group, case);
    both_remove(&mut group, case);
    group.update("alice");
    group.update("bob");
    group.finish()
}

/// Epochs 1 to 3.
fn both_update(group: &mut Conversation, case: &Case) {
    group.add("alice", "bob", case.joiner);
    group.update("bob");
    group.update("alice");
}

/// Epochs 4 and 5: each implementation adds a member of the other, with a
/// third and a fourth to read along.
fn both_add(group: &mut Conversation, case: &Case) {
    group.add("bob", "carol", case.creator);
    group.add("carol", "dave", case.joiner);
}

/// Epochs 6 and 7.
fn both_commit_an_update_proposal(group: &mut Conversation) {
    group.update_by_proposal("alice", "bob");
    group.update_by_proposal("bob", "alice");
}

/// Epochs 8 to 10: an external sender has a member of each implementation
/// removed, and a member of the other commits it.
fn both_commit_an_external_removal(group: &mut Conversation, case: &Case) {
    group.remove_by_external_sender("dave", "alice");
    group.add("alice", "erin", case.creator);
    group.remove_by_external_sender("erin", "bob");
}

/// Epochs 11 to 13.
fn both_remove(group: &mut Conversation, case: &Case) {
    group.add("alice", "frank", case.joiner);
    group.remove("bob", "carol");
    group.remove("alice", "frank");
}
