//! Which keys an engine uses: found in its tokens, and held against the pins.

use std::sync::Arc;

use mls_signer_message::encoding::hex;
use mls_signer_token::keys::{self, generation};
use mls_signer_token::{Access, Error, KeySelector, Token};

use crate::EngineError;
use crate::config::KeyChoice;
use crate::key::Key;
use crate::source::Source;

/// The keys that the first open token shows, which must be the pinned ones where there
/// are pins.
pub(crate) fn discover(
    sources: &[Arc<Source>],
    choice: &KeyChoice,
    pins: &[Vec<u8>],
) -> Result<Vec<Arc<Key>>, EngineError> {
    let mut failure = EngineError::Stopped;
    for source in sources {
        let Some(token) = source.token() else {
            continue;
        };
        match chosen(token.as_ref(), choice) {
            Ok(keys) => return check_pins(keys, pins),
            Err(error) => failure = error.into(),
        }
    }
    Err(failure)
}

fn chosen(token: &dyn Token, choice: &KeyChoice) -> Result<Vec<Arc<Key>>, Error> {
    let keys: Vec<Key> = match choice {
        KeyChoice::Generations => generation::all(token)?
            .into_iter()
            .filter(|key| !key.retired)
            .map(Key::from)
            .collect(),
        KeyChoice::Named(names) => {
            let named = names.iter().map(|name| named(token, name));
            named.collect::<Result<_, _>>()?
        }
    };
    if keys.is_empty() {
        return Err(Error::KeyNotFound {
            class: "private key",
            wanted: "of a removal key's label".into(),
        });
    }
    Ok(keys.into_iter().map(Arc::new).collect())
}

fn named(token: &dyn Token, name: &KeySelector) -> Result<Key, Error> {
    let found = keys::locate(token.session(Access::Use)?.as_ref(), name)?;
    Ok(Key {
        scheme: found.scheme,
        public_key: found.public_key,
        object: found.object,
        generation: 1,
    })
}

fn check_pins(keys: Vec<Arc<Key>>, pins: &[Vec<u8>]) -> Result<Vec<Arc<Key>>, EngineError> {
    if pins.is_empty() {
        return Ok(keys);
    }
    if let Some(stranger) = keys.iter().find(|key| !pins.contains(&key.public_key)) {
        let wanted = stranger.selector().to_string();
        return Err(Error::KeyMismatch { wanted }.into());
    }
    let is_absent = |pin: &&Vec<u8>| keys.iter().all(|key| key.public_key != **pin);
    match pins.iter().find(is_absent) {
        None => Ok(keys),
        Some(pin) => Err(EngineError::KeyUnknown {
            wanted: format!("key with the pinned public key {}", hex(pin)),
            present: labels(&keys),
        }),
    }
}

pub(crate) fn labels(keys: &[Arc<Key>]) -> String {
    let labels: Vec<_> = keys.iter().map(|key| key.object.label.as_str()).collect();
    labels.join(", ")
}
