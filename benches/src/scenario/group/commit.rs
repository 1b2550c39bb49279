//! A commit with an update path to `members - 1` others who were just added.

use std::{sync::Arc, time::Duration};

use openmls::prelude::CommitMessageBundle;

use super::{
    super::{Case, Trial, timed::timed_part, work::Work},
    member::{Member, authenticator, received},
};
use crate::{BenchError, engine::Engine, error::ensure};

struct Commit<E: Engine> {
    committer: Member<E>,
    follower: Member<E>,
}

/// The founder commits to an update; the last member follows. What can be prepared for
/// the commit is part of the time.
pub(in super::super) fn commit<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(Commit::<E>::new(case)?))
}

/// The same, what can be prepared done while the client was idle.
pub(in super::super) fn commit_prepared<E: Engine>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(CommitPrepared(Commit::<E>::new(case)?)))
}

impl<E: Engine> Commit<E> {
    fn new(case: &Case) -> Result<Self, BenchError> {
        let (committer, last) = Member::<E>::found_filled(case)?;
        Ok(Self {
            committer,
            follower: last.into_member()?,
        })
    }
}

impl<E: Engine> Work for Commit<E> {
    type Input = ();
    type Output = CommitMessageBundle;

    fn set_up(&mut self) -> Result<(), BenchError> {
        self.committer.forget_commit()
    }

    fn work(&mut self, (): ()) -> Result<CommitMessageBundle, BenchError> {
        let client = Arc::clone(self.committer.client());
        let _prepared = E::prepare_commit(&client.provider, self.committer.group())?;
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

struct CommitPrepared<E: Engine>(Commit<E>);

/// What was prepared borrows from the client, and so cannot be handed from
/// [`Work::set_up`] to [`Work::work`].
impl<E: Engine> Trial for CommitPrepared<E> {
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        let Self(commit) = self;
        let mut elapsed = Duration::ZERO;
        for _ in 0..iterations {
            commit.set_up()?;
            let client = Arc::clone(commit.committer.client());
            let _prepared = E::prepare_commit(&client.provider, commit.committer.group())?;
            let (bundle, time) = timed_part(|| commit.committer.update());
            elapsed += time;
            commit.verify(bundle?)?;
        }
        Ok(elapsed)
    }
}
