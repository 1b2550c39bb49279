//! A commit with an update path to `members - 1` others who were just added.

use openmls::prelude::CommitMessageBundle;

use super::{
    super::{Case, Trial, work::Work},
    member::{Member, authenticator, received},
};
use crate::{
    BenchError,
    engine::{Engine, Guard},
    error::ensure,
};

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

    fn prepare(&self) -> Result<Guard, BenchError> {
        let client = self.committer.client();
        E::prepare_commit(&client.provider, self.committer.group())
    }
}

impl<E: Engine> Work for Commit<E> {
    type Input = ();
    type Output = CommitMessageBundle;

    fn set_up(&mut self) -> Result<(), BenchError> {
        self.committer.forget_commit()
    }

    fn work(&mut self, (): ()) -> Result<CommitMessageBundle, BenchError> {
        let _prepared = self.prepare()?;
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

impl<E: Engine> Work for CommitPrepared<E> {
    type Input = Guard;
    type Output = (Guard, CommitMessageBundle);

    fn set_up(&mut self) -> Result<Guard, BenchError> {
        self.0.set_up()?;
        self.0.prepare()
    }

    fn work(&mut self, prepared: Guard) -> Result<Self::Output, BenchError> {
        Ok((prepared, self.0.committer.update()?))
    }

    fn verify(&mut self, (_prepared, bundle): Self::Output) -> Result<(), BenchError> {
        self.0.verify(bundle)
    }
}
