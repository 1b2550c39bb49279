//! A commit with an update path to `members - 1` others who were just added.

use openmls::prelude::CommitMessageBundle;

use super::{
    super::{Case, Trial, work::Work},
    member::{Member, authenticator, received},
};
use crate::{BenchError, engine::Engine, error::ensure};

struct Commit<E: Engine> {
    committer: Member<E>,
    follower: Member<E>,
}

/// The founder commits to an update; the last member follows.
pub(in super::super) fn commit<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let (committer, last) = Member::<E>::found_filled(case)?;
    Ok(Box::new(Commit {
        committer,
        follower: last.into_member()?,
    }))
}

impl<E: Engine> Work for Commit<E> {
    type Input = ();
    type Output = CommitMessageBundle;

    fn set_up(&mut self) -> Result<(), BenchError> {
        self.committer.forget_commit()
    }

    fn work(&mut self, (): ()) -> Result<CommitMessageBundle, BenchError> {
        self.committer.update()
    }

    fn verify(&mut self, bundle: CommitMessageBundle) -> Result<(), BenchError> {
        let staged = self.follower.process(received(bundle.commit())?)?;
        ensure(
            authenticator(&staged)? == self.committer.next_authenticator()?,
            "committer and follower disagree on the epoch",
        )
    }
}
