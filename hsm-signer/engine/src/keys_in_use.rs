//! The keys of an engine: those that sign, those that are refused, and what becomes of them when
//! the tokens are looked at again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mls_signer_message::encoding::{base64, hex};
use mls_signer_message::scheme::Scheme;
use mls_signer_token::keys::generation::{RefusedKey, newest};
use mls_signer_token::keys::mismatch;
use mls_signer_token::sync::locked;

use crate::discovery::{Discovered, NoneFound, discover, labels};
use crate::key::Key;
use crate::standing::Standing;
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
        for key in keys {
            let (label, id) = (key.object.label.clone(), key.object.id.clone());
            let mut named = refused.iter();
            let is_named = named.any(|refused| refused.label == label && refused.id == id);
            if let Some(reason) = self.sources.aside(&key).filter(|_| !is_named) {
                refused.push(RefusedKey { label, id, reason });
            }
        }
        refused
    }

    /// The names of the tokens that sign with the key at present.
    pub fn tokens_that_sign_with(&self, key: &Key) -> Vec<String> {
        let sources = self.sources.0.iter();
        let signing = sources.filter(|source| matches!(source.standing(key), Standing::Signs));
        signing
            .map(|source| source.config.name.to_string())
            .collect()
    }

    /// Every label under which a key was pinned since the start, whatever has become of it: no other key
    /// is taken under it.
    pub fn known_labels(&self) -> Vec<String> {
        let mut labels: Vec<_> = locked(&self.labels).keys().cloned().collect();
        labels.sort();
        labels
    }

    /// The key for new groups of a scheme: the newest generation that can sign.
    ///
    /// # Errors
    /// [`EngineError::KeyUnknown`] when there is none of the scheme,
    /// [`Error::KeySetAside`](mls_signer_token::Error::KeySetAside) when
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
            wanted: format!("key with the public key {}", base64(public_key)),
            present: labels(&keys),
        })
    }

    /// Looks at the tokens' keys again, after a rotation or a retirement. Keys that stay are those
    /// pinned before; new ones are pinned now. A key in the place of one that was pinned is not taken,
    /// and the others are. One that is gone and was not retired stays known, and set aside.
    ///
    /// # Errors
    /// As [`Engine::start`]; then nothing changes. For keys in the place of others
    /// [`Error::KeyMismatch`](mls_signer_token::Error::KeyMismatch), or [`EngineError::InPart`] once
    /// others are taken; [`EngineError::Unasked`] for tokens that could not be asked, once the others are.
    pub fn refresh_keys(&self) -> Result<(), EngineError> {
        let sources = &self.sources.0;
        let mut found = discover(sources, &self.choice, &self.pins, &self.retired);
        if !matches!(&found, Ok(all) if all.unasked.is_empty()) {
            // A process that is gone is being replaced, or its token refuses: then that is known.
            sources
                .iter()
                .for_each(|source| source.wait_until_recovered());
            found = discover(sources, &self.choice, &self.pins, &self.retired);
        }
        let found = found.map_err(|none| {
            if none.unasked.is_empty() {
                self.look_at_what_is_left();
            }
            self.not_refreshed(none)
        })?;
        let Renewed { keys, exchanged } =
            renewed(&locked(&self.keys), &found, &mut locked(&self.labels));
        let before = std::mem::replace(&mut *locked(&self.keys), keys.clone());
        let taken = keys.iter().filter(|key| !holds(&before, key));
        let taken: Vec<_> = taken.cloned().collect();
        for key in &taken {
            tracing::info!(?key, protection = %key.object().protection(), "a new key is pinned");
        }
        let before = std::mem::replace(&mut *locked(&self.refused), found.refused.clone());
        let new = found
            .refused
            .into_iter()
            .filter(|key| !before.contains(key));
        say_refused(&new.collect::<Vec<_>>());
        let deadline = Instant::now() + Duration::from_secs(10);
        for source in sources {
            match source.find_keys(&keys, deadline) {
                Ok(absent) => {
                    source.leave_aside(&absent);
                    source.look_now(deadline);
                }
                Err(error) => {
                    tracing::warn!(source = %source.config.name, %error, "keys not refreshed");
                }
            }
        }
        match (not_taken(&exchanged, &taken), &found.unasked[..]) {
            (None, []) => Ok(()),
            (Some(mismatch), []) => Err(mismatch),
            (mismatch, unasked) => Err(unasked_and(unasked, mismatch)),
        }
    }

    /// The tokens have answered that they have no key: one that has another label now would sign on by
    /// its handle.
    fn look_at_what_is_left(&self) {
        let keys = locked(&self.keys).clone();
        for source in &self.sources.0 {
            let found = source.find_keys(&keys, Instant::now() + Duration::from_secs(10));
            if let Err(error) = found {
                tracing::warn!(source = %source.config.name, %error, "no key is left");
            }
        }
    }

    /// Why no token signs says more than that its process is gone.
    fn not_refreshed(&self, none: NoneFound) -> EngineError {
        let error = self.sources.refuse_if_hopeless().err();
        match (error, &none.unasked[..]) {
            (Some(error), _) => error,
            (None, []) => none.error,
            (None, unasked) => unasked_and(unasked, Some(none.error)),
        }
    }
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

/// What is pinned after the tokens were looked at again.
struct Renewed {
    keys: Vec<Arc<Key>>,
    /// Those that the tokens have in the place of others.
    exchanged: Vec<Arc<Key>>,
}

/// The keys of `before` and those found, which are noted in `labels`.
fn renewed(
    before: &[Arc<Key>],
    found: &Discovered,
    labels: &mut HashMap<String, Vec<u8>>,
) -> Renewed {
    let (mut keys, mut exchanged) = (Vec::new(), Vec::new());
    for key in &found.keys {
        let known = labels.entry(key.object.label.clone());
        if *known.or_insert_with(|| key.public_key.clone()) == key.public_key {
            keys.push(Arc::clone(key));
        } else {
            exchanged.push(Arc::clone(key));
        }
    }
    for old in before {
        if holds(&keys, old) {
            continue;
        }
        // A token that could not be asked may have it in use.
        if found.unasked.is_empty() && found.has_retired(old) {
            tracing::info!(key = ?old, "a key is retired");
        } else {
            keys.push(Arc::clone(old));
        }
    }
    keys.sort_by_key(|key| key.place());
    Renewed { keys, exchanged }
}

/// That keys are in the place of others, and which were taken over all the same.
fn not_taken(exchanged: &[Arc<Key>], taken: &[Arc<Key>]) -> Option<EngineError> {
    if exchanged.is_empty() {
        return None;
    }
    let others = exchanged.iter();
    let error = mismatch(others.map(|key| (&key.object, &key.public_key[..])));
    let taken: Vec<_> = taken.iter().map(|key| key.described()).collect();
    Some(match taken.is_empty() {
        true => error.into(),
        false => EngineError::InPart {
            taken: taken.join(" and "),
            error: Arc::new(error),
        },
    })
}

/// The public key of each label.
pub(crate) fn labels_of(keys: &[Arc<Key>]) -> HashMap<String, Vec<u8>> {
    let label = |key: &Arc<Key>| (key.object.label.clone(), key.public_key.clone());
    keys.iter().map(label).collect()
}

/// That these tokens could not be asked, and what else there is to say.
fn unasked_and(unasked: &[String], error: Option<EngineError>) -> EngineError {
    let error = error.map(|error| error.to_string());
    let reasons: Vec<_> = unasked.iter().cloned().chain(error).collect();
    EngineError::Unasked(reasons.join("; "))
}

fn holds(keys: &[Arc<Key>], key: &Key) -> bool {
    keys.iter().any(|other| other.public_key == key.public_key)
}

/// The newest generation of a scheme.
fn newest_of(keys: &[Arc<Key>], scheme: &Scheme) -> Option<Arc<Key>> {
    newest(keys, scheme, |key| (key.scheme, key.generation)).cloned()
}
