//! A member processes a commit with an update path to all members.

use openmls::prelude::{ProtocolMessage, StagedCommit};

use super::{
    super::{Case, Trial, work::Work},
    member::{Member, authenticator, received},
};
use crate::{BenchError, engine::Engine, error::ensure};

struct Process<E: Engine> {
    follower: Member<E>,
    commit: ProtocolMessage,
    expected: Vec<u8>,
}

/// The last member processes the founder's update, again and again the same.
pub(in super::super) fn process<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let (mut committer, last) = Member::<E>::found_filled(case)?;
    let follower = last.into_member()?;
    let bundle = committer.update()?;
    Ok(Box::new(Process {
        follower,
        commit: received(bundle.commit())?,
        expected: committer.next_authenticator()?,
    }))
}

impl<E: Engine> Work for Process<E> {
    type Input = ProtocolMessage;
    type Output = StagedCommit;

    fn set_up(&mut self) -> Result<ProtocolMessage, BenchError> {
        Ok(self.commit.clone())
    }

    fn work(&mut self, commit: ProtocolMessage) -> Result<StagedCommit, BenchError> {
        self.follower.process(commit)
    }

    fn verify(&mut self, staged: StagedCommit) -> Result<(), BenchError> {
        ensure(
            authenticator(&staged)? == self.expected,
            "committer and follower disagree on the epoch",
        )
    }
}
