//! The keys of an engine: those that sign, those that are refused, and what becomes of them when
//! the tokens are looked at again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_message::encoding::hex;
use mls_signer_message::scheme::Scheme;
use mls_signer_token::Error;
use mls_signer_token::keys::generation::{RefusedKey, newest};
use mls_signer_token::sync::locked;

use crate::discovery::{Discovered, discover, labels};
use crate::key::Key;
use crate::{Engine, EngineError};

impl Engine {
    /// The keys that can sign, by scheme and generation.
    pub fn keys(&self) -> Vec<Arc<Key>> {
        let mut keys = locked(&self.keys).clone();
        keys.retain(|key| self.sources.aside(key).is_none());
        keys
    }

    /// The keys that are named as removal keys and cannot be any, from the start or since: they are
    /// neither shown nor used.
    pub fn refused_keys(&self) -> Vec<RefusedKey> {
        let mut refused = locked(&self.refused).clone();
        let keys = locked(&self.keys).clone();
        let aside = keys.iter().filter_map(|key| {
            let reason = self.sources.aside(key)?;
            let (label, id) = (key.object.label.clone(), key.object.id.clone());
            Some(RefusedKey { label, id, reason })
        });
        refused.extend(aside);
        refused
    }

    /// The key for new groups of a scheme: the newest generation that can sign.
    ///
    /// # Errors
    /// [`EngineError::KeyUnknown`] when there is none of the scheme, [`Error::KeySetAside`] when
    /// there was one.
    pub fn current_key(&self, scheme: &Scheme) -> Result<Arc<Key>, EngineError> {
        if let Some(key) = newest_of(&self.keys(), scheme) {
            return Ok(key);
        }
        let known = locked(&self.keys).clone();
        let aside =
            newest_of(&known, scheme).and_then(|key| Some((self.sources.aside(&key)?, key)));
        Err(match aside {
            Some((reason, key)) => key.set_aside(reason).into(),
            None => EngineError::KeyUnknown {
                wanted: format!("{} key", scheme.title),
                present: labels(&known),
            },
        })
    }

    /// The key that signs removals of a scheme: the current one. Where none can sign any more it is the
    /// newest that could, since what it has signed is still to be had; signing says why it does not.
    ///
    /// # Errors
    /// [`EngineError::KeyUnknown`] when there never was one of the scheme.
    pub fn key_of_scheme(&self, scheme: &Scheme) -> Result<Arc<Key>, EngineError> {
        self.current_key(scheme).or_else(|error| {
            let known = locked(&self.keys).clone();
            newest_of(&known, scheme).ok_or(error)
        })
    }

    /// The key that a group names by its public key, in MLS's form; one that cannot sign any more too,
    /// for which signing says why.
    ///
    /// # Errors
    /// [`EngineError::KeyUnknown`] when there is none.
    pub fn key_by_public_key(&self, public_key: &[u8]) -> Result<Arc<Key>, EngineError> {
        let keys = locked(&self.keys);
        let found = keys.iter().find(|key| key.public_key == public_key);
        found.cloned().ok_or_else(|| EngineError::KeyUnknown {
            wanted: format!("key with the public key {}", hex(public_key)),
            present: labels(&keys),
        })
    }

    /// Looks at the tokens' keys again, after a rotation or a retirement. Keys that stay
    /// are those pinned before; new ones are pinned now. A key in the place of one that was pinned is
    /// not taken, and the others are.
    ///
    /// # Errors
    /// As [`Engine::start`]; then nothing changes. [`Error::KeyMismatch`] for a key in the place of
    /// another, once the others are taken.
    pub fn refresh_keys(&self) -> Result<(), EngineError> {
        let sources = &self.sources.0;
        let mut found = discover(sources, &self.choice, &self.pins);
        if found.is_err() {
            // A process that is gone is being replaced, or its token refuses: then that is known.
            sources
                .iter()
                .for_each(|source| source.wait_until_recovered());
            found = discover(sources, &self.choice, &self.pins);
        }
        // Why no token signs says more than that its process is gone.
        let Discovered {
            keys: found,
            refused,
        } = found.map_err(|error| self.sources.refuse_if_hopeless().err().unwrap_or(error))?;
        let before = locked(&self.keys).clone();
        let Renewed { keys, exchanged } = renewed(&before, found);
        for gone in before.iter().filter(|old| !holds(&keys, old)) {
            tracing::warn!(key = ?gone, "a key is retired or gone; it is neither shown nor used");
        }
        *locked(&self.keys) = keys.clone();
        let before = std::mem::replace(&mut *locked(&self.refused), refused.clone());
        let new = refused.into_iter().filter(|key| !before.contains(key));
        say_refused(&new.collect::<Vec<_>>());
        let deadline = Instant::now() + Duration::from_secs(10);
        for source in sources {
            if let Err(error) = source.find_keys(&keys, deadline) {
                tracing::warn!(source = %source.config.name, %error, "keys not refreshed");
            }
            let (_, missing) = source.sorted(exchanged.clone());
            source.leave_aside(&missing);
        }
        exchanged.first().map_or(Ok(()), |old| {
            let wanted = old.selector().to_string();
            Err(Error::KeyMismatch { wanted }.into())
        })
    }
}

/// What is pinned after the tokens were looked at again.
struct Renewed {
    keys: Vec<Arc<Key>>,
    /// Those of before in whose place the tokens have another.
    exchanged: Vec<Arc<Key>>,
}

fn renewed(before: &[Arc<Key>], found: Vec<Arc<Key>>) -> Renewed {
    let mut all = Renewed {
        keys: Vec::new(),
        exchanged: Vec::new(),
    };
    for key in found {
        let same_label = |old: &&Arc<Key>| old.object.label == key.object.label;
        match before.iter().find(same_label) {
            Some(old) if old.public_key != key.public_key => {
                all.exchanged.push(Arc::clone(old));
                all.keys.push(Arc::clone(old));
            }
            _ => all.keys.push(key),
        }
    }
    all
}

fn holds(keys: &[Arc<Key>], key: &Key) -> bool {
    keys.iter().any(|other| other.public_key == key.public_key)
}

/// The newest generation of a scheme.
fn newest_of(keys: &[Arc<Key>], scheme: &Scheme) -> Option<Arc<Key>> {
    newest(keys, scheme, |key| (key.scheme, key.generation)).cloned()
}

/// Tells the operator, once for each.
pub(crate) fn say_refused(refused: &[RefusedKey]) {
    for key in refused {
        let RefusedKey { label, reason, .. } = key;
        tracing::error!(
            label,
            id = hex(&key.id),
            reason,
            "a removal key is not used"
        );
    }
}
