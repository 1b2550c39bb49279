//! The keys of one token: found, missed, and set aside where they fail alone.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use mls_signer_token::Error;
use mls_signer_token::keys::{self, LocatedKey};
use mls_signer_token::sync::locked;

use super::Source;
use crate::health::Phase;
use crate::key::Key;
use crate::standing::UsableKey;

impl Source {
    /// Finds the keys in the token, each by its pinned public key. One that is not there while others
    /// are is set aside. Returns those of which the token has said that it has them not, or that they
    /// are no good.
    ///
    /// # Errors
    /// What failed, when none is there.
    pub fn find_keys(&self, keys: &[Arc<Key>], deadline: Instant) -> Result<Vec<Arc<Key>>, Error> {
        let looked = Instant::now();
        let mut found = HashMap::new();
        let mut missing = None;
        let mut absent = Vec::new();
        let mut gone = Vec::new();
        for key in keys {
            let entry = self.usable(key, deadline).map_err(|error| {
                if is_absence(&error) {
                    absent.push(Arc::clone(key));
                }
                if matches!(error, Error::KeyNotFound { .. }) {
                    gone.push((key, error.to_string()));
                }
                // What has become of the token's process is said by whoever recovers it.
                if !matches!(error, Error::Process(_) | Error::SessionLost) {
                    tracing::error!(source = %self.config.name, %error, "a key cannot be used");
                }
                missing.insert(error).to_string()
            });
            found.insert(key.public_key.clone(), entry);
        }
        let none = found.values().all(Result::is_err);
        let mut state = locked(&self.state);
        state.keys = found;
        state.looked = looked;
        state.has_none = none && absent.len() == keys.len();
        for (key, reason) in gone.into_iter().filter(|_| !none) {
            state.aside.entry(key.public_key.clone()).or_insert(reason);
        }
        drop(state);
        self.changes.add();
        match missing {
            Some(error) if none => Err(error),
            _ => Ok(absent),
        }
    }

    /// Looks again for the keys that were missing; the others are left as they are.
    pub fn find_missing(&self, keys: Vec<Arc<Key>>, deadline: Instant) {
        let looked = Instant::now();
        let (_, missing) = self.sorted(keys);
        for key in missing {
            let located = self.usable(&key, deadline);
            let mut state = locked(&self.state);
            if located.is_ok() {
                let what = match state.keys.contains_key(&key.public_key) {
                    true => "a key is there again",
                    false => "a new key is there",
                };
                tracing::info!(source = %self.config.name, key = ?key, "{what}");
            }
            let reason = state.aside.get(&key.public_key).cloned();
            let entry = located.map_err(|error| match reason {
                Some(reason) => key.set_aside(reason).to_string(),
                None => error.to_string(),
            });
            state.keys.insert(key.public_key.clone(), entry);
        }
        locked(&self.state).looked = looked;
        self.changes.add();
    }

    /// The key, if it can be used; one that was set aside must be there and sign first.
    fn usable(&self, key: &Key, deadline: Instant) -> Result<UsableKey, Error> {
        let found = self.proven(key, deadline);
        let aside = &mut locked(&self.state).aside;
        match &found {
            Ok(_) => {
                aside.remove(&key.public_key);
            }
            // What has become of it is not known.
            Err(Error::Process(_) | Error::SessionLost | Error::DeadlinePassed) => {}
            Err(error) => {
                if error.is_a_keys_for_good() || aside.contains_key(&key.public_key) {
                    aside.insert(key.public_key.clone(), reason(error));
                }
            }
        }
        let found = found?;
        Ok(UsableKey {
            handle: found.handle,
            plan: found.plan,
        })
    }

    fn proven(&self, key: &Key, deadline: Instant) -> Result<LocatedKey, Error> {
        let found = self.locate(key, deadline)?;
        if self.is_aside(key) {
            let mut session = self.extra_session(deadline)?;
            let proven = keys::prove_in(session.until(deadline), &found);
            proven.map_err(|error| match error {
                Error::Process(_) | Error::DeadlinePassed => error,
                error => key.set_aside(error.to_string()),
            })?;
        }
        Ok(found)
    }

    /// Has a token that was without a key prove that it signs again, and waits for that.
    pub fn look_now(&self, deadline: Instant) {
        let mut state = locked(&self.state);
        state.look_wanted = state.phase == Phase::NoKey;
        drop(state);
        self.wake.notify_all();
        while Instant::now() < deadline {
            let seen = self.changes.count();
            let state = locked(&self.state);
            if state.stopping || !state.look_wanted {
                return;
            }
            drop(state);
            self.changes.wait(seen, Some(deadline));
        }
    }

    /// Whether the key was set aside: it fails alone, or cannot be a removal key any more.
    pub fn is_aside(&self, key: &Key) -> bool {
        locked(&self.state).aside.contains_key(&key.public_key)
    }

    /// Why the key was set aside, if it was.
    pub fn aside(&self, key: &Key) -> Option<String> {
        let retired = self.retired.reason(key);
        retired.or_else(|| locked(&self.state).aside.get(&key.public_key).cloned())
    }

    /// Uses the key no more until it is found and has signed: it failed alone, with `failure`. It is
    /// looked for at once, since the failure may have been its handle's; whether it stays aside.
    pub fn set_aside(&self, key: &Arc<Key>, failure: &Error, deadline: Instant) -> bool {
        let why = reason(failure);
        let mut state = locked(&self.state);
        let public_key = &key.public_key;
        let entry = Err(key.set_aside(why.clone()).to_string());
        state.keys.insert(public_key.clone(), entry);
        state.aside.insert(public_key.clone(), why);
        drop(state);
        self.find_missing(vec![Arc::clone(key)], deadline);
        let Some(reason) = self.aside(key) else {
            return false;
        };
        tracing::error!(
            source = %self.config.name, ?key, reason,
            "a key is set aside: it is neither shown nor used until it signs again"
        );
        true
    }

    /// Whether the token answered when its keys were last looked for, and had none of them.
    pub fn has_none(&self) -> bool {
        locked(&self.state).has_none
    }

    /// These were not found, whatever was tried.
    pub fn leave_aside(&self, lost: &[Arc<Key>]) {
        let mut state = locked(&self.state);
        for key in lost {
            if state.aside.contains_key(&key.public_key) {
                continue;
            }
            let reason = match state.keys.get(&key.public_key) {
                Some(Err(reason)) => reason.clone(),
                _ => key.not_found().to_string(),
            };
            tracing::error!(source = %self.config.name, ?key, reason, "a key is set aside");
            state.aside.insert(key.public_key.clone(), reason);
        }
    }

    fn locate(&self, key: &Key, deadline: Instant) -> Result<LocatedKey, Error> {
        let token = self.token().ok_or(Error::SessionLost)?;
        let mut session = self.extra_session(deadline)?;
        let session = session.until(deadline);
        let names = key.selector();
        let located = keys::locate_pinned(token.as_ref(), session, &names, &key.public_key);
        if let Err(Error::KeyNotFound { .. }) = &located {
            keys::refuse_retired(token.as_ref(), session, &key.object, &key.public_key)
                .inspect_err(|_| self.retired.note_one(&self.config.name, &key.public_key))?;
        }
        located
    }

    /// Of `keys`, those that the token has, and those that it has not.
    pub fn sorted(&self, keys: Vec<Arc<Key>>) -> (Vec<Arc<Key>>, Vec<Arc<Key>>) {
        let state = locked(&self.state);
        keys.into_iter().partition(|key| state.has(key))
    }
}

/// Whether the token has said that the key is not there, or is none that can be used.
fn is_absence(error: &Error) -> bool {
    let other = matches!(error, Error::KeyNotFound { .. } | Error::KeyMismatch { .. });
    other || error.is_a_keys_for_good()
}

/// Why a key cannot be used, as it is said after that it is set aside.
fn reason(error: &Error) -> String {
    match error {
        Error::KeySetAside { reason, .. } => reason.clone(),
        other => other.to_string(),
    }
}
