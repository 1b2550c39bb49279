//! A key of the engine, pinned by its public key.

use std::fmt;
use std::sync::Arc;

use mls_signer_message::encoding::base64;
use mls_signer_message::scheme::{SCHEMES, Scheme};
use mls_signer_token::error::{Error, LOST};
use mls_signer_token::keys::generation::{Generation, check_label};
use mls_signer_token::{KeyObject, KeySelector};

/// A key that the engine signs with. It is known by its public key: no token that shows
/// another is asked to sign.
#[derive(Clone)]
pub struct Key {
    pub(super) scheme: &'static Scheme,
    pub(super) public_key: Vec<u8>,
    pub(super) object: KeyObject,
    pub(super) generation: u32,
}

impl Key {
    /// Its scheme.
    pub fn scheme(&self) -> &'static Scheme {
        self.scheme
    }

    /// The public key as MLS carries it.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// What the token said of it at the start: label, id, protection.
    pub fn object(&self) -> &KeyObject {
        &self.object
    }

    /// Its generation, counted from 1; 1 where it was chosen by name.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Its place among the keys: by scheme and generation.
    pub(super) fn place(&self) -> (usize, u32) {
        let mut names = SCHEMES.iter().map(|scheme| scheme.name);
        let place = names.position(|name| name == self.scheme.name);
        (place.unwrap_or(SCHEMES.len()), self.generation)
    }

    /// The label by which tokens know it.
    pub(super) fn selector(&self) -> KeySelector {
        KeySelector::label(self.object.label.clone())
    }

    /// Its names and its public key, in the form of the configuration.
    pub(super) fn described(&self) -> String {
        let public_key = base64(&self.public_key);
        format!("{} (public key {public_key})", self.selector())
    }

    /// That it fails alone.
    pub(super) fn set_aside(&self, reason: String) -> Error {
        Error::KeySetAside {
            wanted: self.selector().to_string(),
            reason,
        }
    }

    /// That a token has not got it.
    pub(super) fn not_found(&self) -> Error {
        Error::KeyNotFound {
            class: LOST,
            wanted: self.selector().to_string(),
        }
    }
}

/// What an operator does about keys that are gone for good. Those of removals have generations; one that
/// was chosen by its label has not.
pub(super) fn what_replaces(gone: &[Arc<Key>]) -> String {
    let is_of_none = |key: &&Arc<Key>| check_label(&key.object.label).is_err();
    match gone.iter().find(is_of_none) {
        None => "make others: under the labels of a next generation (keys rotate --server PLACE) and \
                 reload, or under the same labels and restart the service; pinned_public_keys, where there \
                 are any, must have just those that are there"
            .into(),
        Some(key) => format!(
            "make another under the same label ({}; keys generate --label) and restart the service. What \
             the old one has signed is verified by its public key still: audit verify takes \
             --checkpoint-key for each, and a start that misses its prunings says what to accept",
            key.selector()
        ),
    }
}

impl From<Generation> for Key {
    fn from(found: Generation) -> Self {
        Self {
            scheme: found.scheme,
            public_key: found.public_key,
            object: found.object,
            generation: found.number,
        }
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("label", &self.object.label)
            .field("scheme", &self.scheme.name)
            .field("public_key", &base64(&self.public_key))
            .finish_non_exhaustive()
    }
}
