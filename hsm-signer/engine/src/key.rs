//! A key of the engine, pinned by its public key.

use std::fmt;

use mls_signer_message::encoding::hex;
use mls_signer_message::scheme::{SCHEMES, Scheme};
use mls_signer_token::error::Error;
use mls_signer_token::keys::generation::Generation;
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
            class: "private key",
            wanted: self.selector().to_string(),
        }
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
            .field("public_key", &hex(&self.public_key))
            .finish_non_exhaustive()
    }
}
