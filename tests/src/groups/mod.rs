//! Real groups of OpenMLS, whose members prepare or do not, under random operations.
//!
//! A [`Member`] that prepares asserts that what it prepared is just what OpenMLS then asks for:
//! no seal and no verification was left over, and none was done on the spot. A [`Crowd`] asserts
//! that all its members agree after every operation.

mod counted;
mod crowd;
mod member;
mod tally;

pub use crowd::{Crowd, Operation};
pub use member::{Commit, Committing, Kind, Member, Tree, sent};
pub use tally::Tally;
