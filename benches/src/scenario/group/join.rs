//! The last of `members` joins from its Welcome, the ratchet tree beside it.

use openmls::prelude::MlsGroup;

use super::{
    super::{Case, Trial, work::Work},
    member::{Invitation, Invited, Member},
};
use crate::{BenchError, engine::Engine, error::ensure};

struct Join<E: Engine> {
    last: Invited<E>,
    expected: Vec<u8>,
}

/// The last member joins, again and again.
pub(in super::super) fn join<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    let (founder, last) = Member::<E>::found_filled(case)?;
    let expected = founder.authenticator();
    Ok(Box::new(Join { last, expected }))
}

impl<E: Engine> Work for Join<E> {
    type Input = Invitation;
    type Output = MlsGroup;

    fn set_up(&mut self) -> Result<Invitation, BenchError> {
        self.last.invitation()
    }

    fn work(&mut self, invitation: Invitation) -> Result<MlsGroup, BenchError> {
        self.last.join(invitation)
    }

    fn verify(&mut self, group: MlsGroup) -> Result<(), BenchError> {
        ensure(
            group.epoch_authenticator().as_slice() == self.expected,
            "the new member disagrees on the epoch",
        )
    }
}
