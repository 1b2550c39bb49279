//! What OpenMLS does in a group of `members` clients, all on the same engine.
//!
//! Commits are PublicMessages, so that a member can process the same one again and
//! again. Members who only fill the tree are added without an update path, so that
//! all parent nodes are blank: an update path is then encrypted to every other
//! member, the most that a commit can cost.

mod commit;
mod join;
mod member;
mod process;
mod welcome;

pub(super) use commit::{commit, commit_prepared};
pub(super) use join::join;
pub(super) use process::process;
pub(super) use welcome::{welcome, welcome_with_tree};
