//! What a member of a group can do, whatever implementation it runs on.
//!
//! Every message that enters or leaves a [`Member`] is a serialized
//! `MLSMessage` (RFC 9420, section 6).

use std::fmt::{self, Debug, Display};

use openmls_traits::types::Ciphersuite;
use serde::{Deserialize, Serialize};

use super::wire_format;

/// A member, or a client about to become one, on one implementation.
///
/// Operations that make a commit also apply it to the member's own state, as
/// if the delivery service had accepted it at once.
pub trait Member {
    /// Creates a group of one that lists `external_sender` in its
    /// `external_senders` extension (RFC 9420, section 12.1.8.1).
    fn create(&mut self, group_id: &[u8], external_sender: &Identity) -> Result<(), Failure>;

    /// Makes a fresh KeyPackage.
    fn key_package(&mut self) -> Result<Vec<u8>, Failure>;

    /// Joins from a Welcome that carries the ratchet tree.
    fn join(&mut self, welcome: &[u8]) -> Result<(), Failure>;

    /// Commits an Add of the client that made `key_package`.
    fn add(&mut self, key_package: &[u8]) -> Result<Commit, Failure>;

    /// Commits nothing but a new path.
    fn update(&mut self) -> Result<Commit, Failure>;

    /// Commits a Remove of the member at `leaf_index`.
    fn remove(&mut self, leaf_index: u32) -> Result<Commit, Failure>;

    /// Proposes new keys for the own leaf, for another member to commit.
    fn propose_update(&mut self) -> Result<Vec<u8>, Failure>;

    /// Commits the proposals received in this epoch, by reference.
    fn commit_proposals(&mut self) -> Result<Commit, Failure>;

    /// Processes a proposal or a commit; a commit takes effect.
    fn process(&mut self, handshake: &[u8]) -> Result<Received, Failure>;

    /// Encrypts an application message.
    fn encrypt(&mut self, plaintext: &[u8]) -> Result<Vec<u8>, Failure>;

    /// Decrypts an application message.
    fn decrypt(&mut self, message: &[u8]) -> Result<Vec<u8>, Failure>;

    /// Derives `length` bytes with the exporter (RFC 9420, section 8.5).
    fn export(&self, label: &str, context: &[u8], length: usize) -> Result<Vec<u8>, Failure>;

    /// The epoch authenticator (RFC 9420, section 8.7).
    fn epoch_authenticator(&self) -> Result<Vec<u8>, Failure>;

    /// The current epoch.
    fn epoch(&self) -> Result<u64, Failure>;

    /// The member's own leaf index.
    fn leaf_index(&self) -> Result<u32, Failure>;
}

/// What a member needs to know before it starts.
pub struct Setup<'a> {
    /// The identity in the member's basic credential.
    pub name: &'a str,
    /// The group's ciphersuite.
    pub ciphersuite: Ciphersuite,
    /// How the member sends proposals and commits.
    pub handshake_format: HandshakeFormat,
}

/// The wire format in which members send proposals and commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HandshakeFormat {
    /// Signed and authenticated by a membership tag, in the clear.
    PublicMessage,
    /// Encrypted.
    PrivateMessage,
}

impl HandshakeFormat {
    /// Both formats.
    pub const ALL: [Self; 2] = [Self::PublicMessage, Self::PrivateMessage];

    /// The `WireFormat` value of a message in this format.
    pub fn wire_format(self) -> u16 {
        match self {
            Self::PublicMessage => wire_format::PUBLIC_MESSAGE,
            Self::PrivateMessage => wire_format::PRIVATE_MESSAGE,
        }
    }
}

/// A basic credential's identity with its public signature key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Identity {
    /// The identity in the basic credential.
    pub name: String,
    /// The public key, encoded as the suite's signature scheme has it in MLS.
    pub signature_public_key: Vec<u8>,
}

/// A commit and the Welcome for the members it adds, if it adds any.
#[derive(Debug, Serialize, Deserialize)]
pub struct Commit {
    /// The commit.
    pub commit: Vec<u8>,
    /// The Welcome.
    pub welcome: Option<Vec<u8>>,
}

/// What a processed handshake message did.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Received {
    /// A proposal waits for its commit.
    Proposal,
    /// A commit took the member to the next epoch.
    NewEpoch,
    /// A commit removed the member.
    Removed,
}

/// The error of an implementation, as text for the failure report.
pub struct Failure(String);

impl Failure {
    /// A failure that is no error of the implementation's own.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Takes an error that only knows how to show itself for debugging.
    pub fn from_debug(error: impl Debug) -> Self {
        Self(format!("{error:?}"))
    }
}

// As `Failure` is no `Error` itself, every error converts with `?`.
impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(format!("{error} ({error:?})"))
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
