//! What is asked of a member in another process, and what it answers: a line of JSON each.

use serde::{Deserialize, Serialize};

use super::member::{Commit, HandshakeFormat, Identity, Received};

#[cfg(doc)]
use super::member::{Member, Setup};

/// The functions of [`Member`] with their arguments, and the two that come before them.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Which suites are there?
    Ciphersuites,
    /// Makes the client that everything after it is asked of.
    Start {
        /// [`Setup::name`].
        name: String,
        /// [`Setup::ciphersuite`].
        ciphersuite: u16,
        /// [`Setup::handshake_format`].
        handshake_format: HandshakeFormat,
    },
    /// [`Member::create`].
    Create(Vec<u8>, Identity),
    /// [`Member::key_package`].
    KeyPackage,
    /// [`Member::join`].
    Join(Vec<u8>),
    /// [`Member::add`].
    Add(Vec<u8>),
    /// [`Member::update`].
    Update,
    /// [`Member::remove`].
    Remove(u32),
    /// [`Member::propose_update`].
    ProposeUpdate,
    /// [`Member::commit_proposals`].
    CommitProposals,
    /// [`Member::process`].
    Process(Vec<u8>),
    /// [`Member::encrypt`].
    Encrypt(Vec<u8>),
    /// [`Member::decrypt`].
    Decrypt(Vec<u8>),
    /// [`Member::export`].
    Export(String, Vec<u8>, usize),
    /// [`Member::epoch_authenticator`].
    EpochAuthenticator,
    /// [`Member::epoch`].
    Epoch,
    /// [`Member::leaf_index`].
    LeafIndex,
}

/// What comes back, by the type of the function's result.
#[derive(Debug, Serialize, Deserialize)]
pub enum Answer {
    /// Nothing.
    Done,
    /// Registry values of suites.
    Ciphersuites(Vec<u16>),
    /// A message or a secret.
    Bytes(Vec<u8>),
    /// An epoch or a leaf index.
    Number(u64),
    /// A commit.
    Commit(Commit),
    /// What was processed.
    Received(Received),
}
