//! The scenarios: one row for each piece of work that is measured.

mod aead;
mod calls;
mod client;
mod group;
mod hash;
mod hpke;
mod key_package;
mod signature;
mod timed;
mod work;

use std::{marker::PhantomData, time::Duration};

use openmls_traits::types::Ciphersuite;

use crate::{
    BenchError,
    engine::{Engine, Hw},
};

/// What a scenario is run on.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// The ciphersuite.
    pub suite: Ciphersuite,
    /// The number of members of the group, or of keys or key packages handled together,
    /// where the scenario has one: at least [`MINIMUM_MEMBERS`].
    pub members: usize,
}

/// The smallest group: one to commit, one to join and to follow. And the smallest batch.
pub const MINIMUM_MEMBERS: usize = 2;

/// A scenario prepared on one engine, ready to be run again and again.
pub trait Trial: Send {
    /// Does the work `iterations` times, verifies the results, and returns how long
    /// the work alone took.
    ///
    /// # Errors
    ///
    /// What the provider or OpenMLS refused, or [`BenchError::WrongResult`].
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError>;

    /// The fewest iterations whose mean says more of the engine than of chance.
    fn least_iterations(&self) -> u64 {
        1
    }
}

/// The kind of work a scenario measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One call of the provider.
    Operation,
    /// What OpenMLS does with one key package.
    KeyPackage,
    /// What is done for many members together. Times are for one of them.
    Batch,
    /// What OpenMLS does in a group of some members.
    Group,
}

/// What an engine must have to run a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// The one algorithm that the scenario calls: an engine that lacks the suite is
    /// still asked, and skipped if it says that it lacks the algorithm.
    Algorithm,
    /// The whole suite.
    Suite,
}

/// A row of the table: a scenario as one engine runs it.
#[derive(Debug)]
pub struct Scenario {
    /// The name on the command line and in the results.
    pub name: &'static str,
    /// What is timed, in a few words.
    pub about: &'static str,
    /// The kind of work.
    pub kind: Kind,
    /// What an engine must have to run it.
    pub requirement: Requirement,
    prepare: fn(&Case) -> Result<Box<dyn Trial>, BenchError>,
}

type Prepare = fn(&Case) -> Result<Box<dyn Trial>, BenchError>;

impl Scenario {
    const fn algorithm(name: &'static str, about: &'static str, prepare: Prepare) -> Self {
        Self {
            name,
            about,
            kind: Kind::Operation,
            requirement: Requirement::Algorithm,
            prepare,
        }
    }

    const fn suite(kind: Kind, name: &'static str, about: &'static str, prepare: Prepare) -> Self {
        Self {
            name,
            about,
            kind,
            requirement: Requirement::Suite,
            prepare,
        }
    }

    pub(crate) fn prepare(&self, case: &Case) -> Result<Box<dyn Trial>, BenchError> {
        (self.prepare)(case)
    }

    /// Whether the work depends on the number of members.
    pub fn has_members(&self) -> bool {
        matches!(self.kind, Kind::Batch | Kind::Group)
    }

    /// What one iteration counts for: a time is divided by it.
    pub(crate) fn operations(&self, case: &Case) -> u64 {
        match self.kind {
            Kind::Batch => case.members as u64,
            Kind::Operation | Kind::KeyPackage | Kind::Group => 1,
        }
    }
}

/// The table of scenarios as engine `E` runs them.
pub(crate) struct Catalogue<E>(PhantomData<E>);

#[rustfmt::skip]
impl<E: Engine> Catalogue<E> {
    pub(crate) const SCENARIOS: &'static [Scenario] = &[
        Scenario::algorithm("hkdf-extract", "HKDF-Extract of a secret as long as the hash", hash::hkdf_extract::<E>),
        Scenario::algorithm("hkdf-expand", "HKDF-Expand to a secret as long as the hash", hash::hkdf_expand::<E>),
        Scenario::algorithm("hmac", "HMAC of a transcript hash", hash::hmac::<E>),
        Scenario::algorithm("hash", "hash of 1 KiB", hash::hash::<E, 1024>),
        Scenario::algorithm("hash-64b", "hash of 64 B", hash::hash::<E, 64>),
        Scenario::algorithm("hash-64k", "hash of 64 KiB", hash::hash::<E, 65_536>),
        Scenario::algorithm("aead-encrypt", "AEAD encryption of 1 KiB", aead::encrypt::<E, 1024>),
        Scenario::algorithm("aead-encrypt-64b", "AEAD encryption of 64 B", aead::encrypt::<E, 64>),
        Scenario::algorithm("aead-encrypt-16k", "AEAD encryption of 16 KiB", aead::encrypt::<E, 16_384>),
        Scenario::algorithm("aead-encrypt-64k", "AEAD encryption of 64 KiB", aead::encrypt::<E, 65_536>),
        Scenario::algorithm("aead-decrypt", "AEAD decryption of 1 KiB", aead::decrypt::<E, 1024>),
        Scenario::algorithm("aead-decrypt-64b", "AEAD decryption of 64 B", aead::decrypt::<E, 64>),
        Scenario::algorithm("aead-decrypt-16k", "AEAD decryption of 16 KiB", aead::decrypt::<E, 16_384>),
        Scenario::algorithm("aead-decrypt-64k", "AEAD decryption of 64 KiB", aead::decrypt::<E, 65_536>),
        Scenario::algorithm("random", "32 random bytes", hash::random::<E>),
        Scenario::algorithm("signature-key-gen", "generation of a signature key pair", signature::key_gen::<E>),
        Scenario::algorithm("sign", "signature of 256 B by the provider", signature::sign::<E>),
        Scenario::algorithm("verify", "verification of such a signature", signature::verify::<E>),
        Scenario::suite(Kind::Operation, "hpke-seal", "HPKE encryption of a path secret", hpke::seal::<E>),
        Scenario::suite(Kind::Operation, "hpke-open", "HPKE decryption of a path secret", hpke::open::<E>),
        Scenario::suite(Kind::Operation, "hpke-setup-sender-and-export", "HPKE sender setup and export of a secret", hpke::setup_sender_and_export::<E>),
        Scenario::suite(Kind::Operation, "hpke-setup-receiver-and-export", "HPKE receiver setup and export of a secret", hpke::setup_receiver_and_export::<E>),
        Scenario::suite(Kind::Operation, "derive-hpke-keypair", "HPKE DeriveKeyPair from a node secret", hpke::derive_keypair::<E>),
        Scenario::suite(Kind::KeyPackage, "key-package", "generation of one key package", key_package::generate::<E>),
        Scenario::suite(Kind::KeyPackage, "key-package-validate", "validation of one key package", key_package::validate::<E>),
        Scenario::suite(Kind::Batch, "seal-many", "HPKE encryptions to all members, each", hpke::seal_many::<E>),
        Scenario::suite(Kind::Batch, "seal-many-prepared", "the same, what can be prepared already done, each", hpke::seal_many_prepared::<E>),
        Scenario::suite(Kind::Batch, "derive-many", "HPKE DeriveKeyPair for all members, each", hpke::derive_many::<E>),
        Scenario::suite(Kind::Batch, "key-packages-generate", "generation of many key packages, each", key_package::generate_many::<E>),
        Scenario::suite(Kind::Batch, "key-packages-validate", "validation of many key packages, each", key_package::validate_many::<E>),
        Scenario::suite(Kind::Group, "commit", "a commit with an update path, all other members just added", group::commit::<E>),
        Scenario::suite(Kind::Group, "commit-prepared", "the same, what can be prepared already done", group::commit_prepared::<E>),
        Scenario::suite(Kind::Group, "welcome", "adding all other members at once", group::welcome::<E>),
        Scenario::suite(Kind::Group, "welcome-with-tree", "the same, the ratchet tree inside the Welcome", group::welcome_with_tree::<E>),
        Scenario::suite(Kind::Group, "join", "the last member joins from its Welcome", group::join::<E>),
        Scenario::suite(Kind::Group, "process", "a member processes the commit of `commit`", group::process::<E>),
    ];
}

/// The scenarios, for what does not depend on an engine: name, words, kind.
pub fn scenarios() -> &'static [Scenario] {
    Catalogue::<Hw>::SCENARIOS
}

/// The names of all scenarios.
pub fn names() -> Vec<&'static str> {
    scenarios().iter().map(|scenario| scenario.name).collect()
}

/// The scenarios that `text` chooses: one name, several separated by commas, or
/// `all` for every [`Kind::Operation`].
///
/// # Errors
///
/// [`BenchError::UnknownScenario`] for a name that no row has.
pub fn parse(text: &str) -> Result<Vec<&'static Scenario>, BenchError> {
    if text == "all" {
        let is_operation = |scenario: &&Scenario| scenario.kind == Kind::Operation;
        return Ok(scenarios().iter().filter(is_operation).collect());
    }
    text.split(',').map(find).collect()
}

/// The scenario called `name`.
///
/// # Errors
///
/// [`BenchError::UnknownScenario`] if no row has this name.
pub fn find(name: &str) -> Result<&'static Scenario, BenchError> {
    find_in(scenarios(), name)
}

/// The row of `table` called `name`.
pub(crate) fn find_in(
    table: &'static [Scenario],
    name: &str,
) -> Result<&'static Scenario, BenchError> {
    table
        .iter()
        .find(|scenario| scenario.name == name)
        .ok_or_else(|| BenchError::UnknownScenario {
            name: name.to_owned(),
            known: names().join(", "),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let mut sorted = names();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), names().len());
    }

    #[test]
    fn all_means_every_provider_operation() {
        let chosen = parse("all").unwrap();
        assert!(chosen.iter().all(|row| row.kind == Kind::Operation));
        assert_eq!(chosen.len(), 23);
    }

    #[test]
    fn an_unknown_scenario_is_refused_with_the_known_ones() {
        for text in ["", "sing", "commit,", "Commit"] {
            let error = parse(text).unwrap_err();
            assert!(
                matches!(&error, BenchError::UnknownScenario { known, .. } if known.contains("hkdf-extract, ")),
                "{text:?}: {error}"
            );
        }
    }
}
