//! Which keys an engine uses: found in its tokens, and held against the pins.

use std::sync::Arc;

use mls_signer_message::encoding::base64;
use mls_signer_token::keys;
use mls_signer_token::keys::generation::{self, RefusedKey, RetiredName};
use mls_signer_token::{Access, Error, KeyObject, KeySelector, Token};

use crate::EngineError;
use crate::config::KeyChoice;
use crate::key::Key;
use crate::retired::Retired;
use crate::source::Source;

/// What the engine makes of a token's keys.
#[derive(Default)]
pub(crate) struct Discovered {
    /// Those that it signs with.
    pub keys: Vec<Arc<Key>>,
    /// Those that are named as removal keys and cannot be any.
    pub refused: Vec<RefusedKey>,
    /// The names of those that are retired.
    pub retired: Vec<RetiredName>,
    /// The tokens that could not be asked, each with the reason.
    pub unasked: Vec<String>,
}

/// No token showed a key that can be used.
pub(crate) struct NoneFound {
    pub error: EngineError,
    /// As [`Discovered::unasked`].
    pub unasked: Vec<String>,
}

impl From<EngineError> for NoneFound {
    fn from(error: EngineError) -> Self {
        Self {
            error,
            unasked: Vec::new(),
        }
    }
}

/// The keys that the open tokens show, which must be the pinned ones where there are pins. A key
/// that one token lacks or refuses may be another's.
pub(crate) fn discover(
    sources: &[Arc<Source>],
    choice: &KeyChoice,
    pins: &[Vec<u8>],
    retired: &Retired,
) -> Result<Discovered, NoneFound> {
    let mut all = Vec::new();
    let mut failure = EngineError::Stopped;
    let mut unasked = Vec::new();
    for source in sources {
        let name = &source.config.name;
        let Some(token) = source.token() else {
            unasked.push(source.reason());
            continue;
        };
        match chosen(token.as_ref(), choice) {
            Ok(found) => {
                if found.keys.is_empty() {
                    let error = match found.refused.is_empty() {
                        true => no_key(),
                        false => Error::NoKeyFit(reasons(&found.refused)),
                    };
                    tracing::warn!(source = %name, %error, "no key is found in a token");
                    failure = error.into();
                }
                retired.note(name, &found.retired, &found.keys);
                all.push((Arc::clone(name), found));
            }
            Err(error) => {
                tracing::warn!(source = %name, %error, "no key is found in a token");
                if !is_answer(&error) {
                    unasked.push(format!("{name}: {error}"));
                }
                failure = error.into();
            }
        }
    }
    let found = merged(all, retired);
    if found.keys.is_empty() {
        return Err(NoneFound {
            error: failure,
            unasked,
        });
    }
    let found = Discovered { unasked, ..found };
    check_pins(&found, pins)?;
    Ok(found)
}

/// Whether the token has said that it has no key to sign with.
fn is_answer(error: &Error) -> bool {
    matches!(error, Error::KeyNotFound { .. })
}

impl Discovered {
    fn has(&self, key: &Key) -> bool {
        let mut keys = self.keys.iter();
        keys.any(|ours| ours.public_key == key.public_key)
    }

    /// Whether there is a key of this label that signs.
    fn labelled(&self, label: &str) -> bool {
        self.keys.iter().any(|key| key.object.label == label)
    }

    fn refuse(&mut self, refused: RefusedKey) {
        if !self.refused.contains(&refused) {
            self.refused.push(refused);
        }
    }

    /// The retired key of this public key.
    fn retired_key(&self, public_key: &[u8]) -> Option<&RetiredName> {
        let mut retired = self.retired.iter();
        retired.find(|name| name.public_key.as_deref() == Some(public_key))
    }

    /// Whether a token has the key as one that is retired.
    pub fn has_retired(&self, key: &Key) -> bool {
        let KeyObject { label, id, .. } = &key.object;
        let mut names = self.retired.iter();
        names.any(|name| match &name.public_key {
            Some(public_key) => *public_key == key.public_key,
            None => name.label == *label && name.id == *id,
        })
    }
}

/// What the tokens show together. A key that is retired in one is retired. Of two keys of one label the
/// first token's counts; the other, and one that only another token has as it must be, are named with
/// their token.
fn merged(all: Vec<(Arc<str>, Discovered)>, retired: &Retired) -> Discovered {
    let mut found = Discovered::default();
    for (token, other) in &all {
        for key in &other.keys {
            if found.has(key) {
                continue;
            }
            let label = &key.object.label;
            if let Some(reason) = retired.reason(key) {
                found.refuse(RefusedKey {
                    label: label.clone(),
                    id: key.object.id.clone(),
                    reason,
                });
                continue;
            }
            if !found.labelled(label) {
                found.keys.push(Arc::clone(key));
                continue;
            }
            found.refuse(RefusedKey {
                label: label.clone(),
                id: key.object.id.clone(),
                reason: format!(
                    "the token {token} has another key of this label than the tokens before it; bring the \
                     same keys into each, for this one signs nothing"
                ),
            });
        }
    }
    for (token, other) in all {
        found.retired.extend(other.retired);
        for refused in other.refused {
            let reason = match found.labelled(&refused.label) {
                true => format!("in the token {token}: {}; another has it", refused.reason),
                false => refused.reason,
            };
            found.refuse(RefusedKey { reason, ..refused });
        }
    }
    found.keys.sort_by_key(|key| key.place());
    found
}

fn chosen(token: &dyn Token, choice: &KeyChoice) -> Result<Discovered, Error> {
    let (keys, refused, retired) = match choice {
        KeyChoice::Generations => {
            let found = generation::removal_keys(token)?;
            let in_use = found.generations.into_iter().filter(|key| !key.retired);
            let (keys, copies) = without_copies(in_use.map(Key::from).collect());
            (keys, [found.refused, copies].concat(), found.retired)
        }
        KeyChoice::Named(names) => {
            let named = names.iter().map(|name| named(token, name));
            (
                named.collect::<Result<Vec<_>, _>>()?,
                Vec::new(),
                Vec::new(),
            )
        }
    };
    if keys.is_empty() && refused.is_empty() && retired.is_empty() {
        return Err(no_key());
    }
    let keys = keys.into_iter().map(Arc::new).collect();
    Ok(Discovered {
        keys,
        refused,
        retired,
        unasked: Vec::new(),
    })
}

fn no_key() -> Error {
    Error::KeyNotFound {
        class: "private key",
        wanted: "of a removal key's label".into(),
    }
}

/// Of several keys with one public key the first, and the others as refused.
fn without_copies(all: Vec<Key>) -> (Vec<Key>, Vec<RefusedKey>) {
    let (mut keys, mut copies) = (Vec::<Key>::new(), Vec::new());
    for key in all {
        match keys.iter().find(|one| one.public_key == key.public_key) {
            None => keys.push(key),
            Some(one) => copies.push(RefusedKey {
                reason: format!("it has the same public key as the key {}", one.selector()),
                label: key.object.label,
                id: key.object.id,
            }),
        }
    }
    (keys, copies)
}

/// A key that is named is held to the same as those that are found.
fn named(token: &dyn Token, name: &KeySelector) -> Result<Key, Error> {
    let session = token.session(Access::Use)?;
    let found = keys::locate(token, session.as_ref(), name)?;
    drop(session);
    keys::prove(token, &found)?;
    Ok(Key {
        scheme: found.scheme,
        public_key: found.public_key,
        object: found.object,
        generation: 1,
    })
}

fn check_pins(found: &Discovered, pins: &[Vec<u8>]) -> Result<(), EngineError> {
    let keys = &found.keys;
    if pins.is_empty() {
        return Ok(());
    }
    if let Some(stranger) = keys.iter().find(|key| !pins.contains(&key.public_key)) {
        return Err(EngineError::NotPinned(stranger.described()));
    }
    let is_absent = |pin: &&Vec<u8>| keys.iter().all(|key| key.public_key != **pin);
    match pins.iter().find(is_absent) {
        None => Ok(()),
        Some(pin) if let Some(retired) = found.retired_key(pin) => Err(EngineError::PinRetired {
            public_key: base64(pin),
            label: retired.label_now(),
        }),
        Some(pin) => {
            let mut present = labels(keys);
            if !found.refused.is_empty() {
                present = format!("{present}; {}", reasons(&found.refused));
            }
            Err(EngineError::KeyUnknown {
                wanted: format!("key with the pinned public key {}", base64(pin)),
                present,
            })
        }
    }
}

fn reasons(refused: &[RefusedKey]) -> String {
    let reasons: Vec<_> = refused.iter().map(ToString::to_string).collect();
    reasons.join("; ")
}

pub(crate) fn labels(keys: &[Arc<Key>]) -> String {
    let labels: Vec<_> = keys.iter().map(|key| key.object.label.as_str()).collect();
    labels.join(", ")
}
