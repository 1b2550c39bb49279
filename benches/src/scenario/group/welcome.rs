//! The founder of a group adds `members - 1` others in one commit: a Welcome with
//! as many encrypted secrets.

use openmls::prelude::{KeyPackage, RatchetTreeIn, Welcome};

use super::{
    super::{
        Case, Trial,
        client::{Client, Stored, key_packages},
        work::Work,
    },
    member::{Invitation, Member, Tree, join},
};
use crate::{BenchError, engine::Engine, error::ensure};

struct Add<E: Engine> {
    founder: Member<E>,
    key_packages: Vec<KeyPackage>,
    last: Client<E>,
    stored: Stored,
    tree: Tree,
}

/// The ratchet tree delivered beside the Welcome.
pub(in super::super) fn welcome<E: Engine>(case: &Case) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(Add::<E>::new(case, Tree::Beside)?))
}

/// The ratchet tree in the GroupInfo, and with it in what every encryption is bound to.
pub(in super::super) fn welcome_with_tree<E: Engine>(
    case: &Case,
) -> Result<Box<dyn Trial>, BenchError> {
    Ok(Box::new(Add::<E>::new(case, Tree::Inside)?))
}

impl<E: Engine> Add<E> {
    fn new(case: &Case, tree: Tree) -> Result<Self, BenchError> {
        let mut key_packages = key_packages::<E>(case.suite, case.members.saturating_sub(2))?;
        let last = Client::new("last", case.suite)?;
        key_packages.push(last.key_package()?.into_key_package());
        Ok(Self {
            founder: Member::found(case, tree)?,
            key_packages,
            stored: last.stored()?,
            last,
            tree,
        })
    }

    fn tree_beside(&self) -> Result<Option<RatchetTreeIn>, BenchError> {
        match self.tree {
            Tree::Inside => Ok(None),
            Tree::Beside => self.founder.next_tree().map(Some),
        }
    }
}

impl<E: Engine> Work for Add<E> {
    type Input = ();
    type Output = Welcome;

    fn set_up(&mut self) -> Result<(), BenchError> {
        self.founder.forget_commit()
    }

    fn work(&mut self, (): ()) -> Result<Welcome, BenchError> {
        self.founder.add(&self.key_packages)
    }

    fn verify(&mut self, welcome: Welcome) -> Result<(), BenchError> {
        self.last.restore(self.stored.clone())?;
        let tree = self.tree_beside()?;
        let joined = join(&self.last, Invitation { welcome, tree })?;
        ensure(
            joined.epoch_authenticator().as_slice() == self.founder.next_authenticator()?,
            "the new member disagrees on the epoch",
        )
    }
}
