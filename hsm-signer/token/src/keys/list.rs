//! What keys a token holds, each object read once.

use std::collections::HashMap;

use super::find::{LocatedKey, examine, located, prove};
use super::halves::PublicHalves;
use crate::error::{Error, ProcessError};
use crate::failure::Nature;
use crate::removal_label::{is_in_use, meant_by, scheme_of_label};
use crate::token::key_rules::refused;
use crate::token::{Access, KeyClass, KeyObject, KeySelector, ObjectHandle, Token, TokenSession};
use mls_signer_message::encoding::public_key::is_on_curve;
use mls_signer_message::scheme::Scheme;

/// Where so few keys want their public halves, each is looked for by itself; for more, all the
/// token's are read.
const FEW: usize = 16;

/// One private key in a token, usable or not.
#[derive(Debug)]
pub struct KeyEntry {
    /// What the token says of it.
    pub object: KeyObject,
    /// Its scheme and public key, where it has them.
    pub key: Option<(&'static Scheme, Vec<u8>)>,
    /// Why it cannot be a removal key. None of a key that can: one that is named as a removal
    /// key, or was asked for, has signed then.
    pub refusal: Option<Error>,
}

/// Every private key in the token that `selector` describes, by label and id. Those that are
/// named as removal keys, and are not retired, must sign; so must those that `selector` names.
///
/// # Errors
/// When the token cannot be searched. What is wrong with one key is said in its entry.
pub fn list(token: &dyn Token, selector: &KeySelector) -> Result<Vec<KeyEntry>, Error> {
    let named = *selector != KeySelector::any();
    let must_sign = |label: &str| named || is_in_use(label);
    entries(token, selector, |_| true, must_sign)
}

/// Those of [`list`] that are named as removal keys, or almost so, retired ones included. Of the
/// others nothing but the label is read.
///
/// # Errors
/// As [`list`].
pub fn list_removal_keys(token: &dyn Token) -> Result<Vec<KeyEntry>, Error> {
    let is_ours = |label: &str| scheme_of_label(label).is_some() || meant_by(label).is_some();
    entries(token, &KeySelector::any(), is_ours, is_in_use)
}

/// How many private keys the token has.
///
/// # Errors
/// When the token cannot be searched.
pub(crate) fn count(token: &dyn Token) -> Result<usize, Error> {
    let session = token.session(Access::Use)?;
    let handles = session.find(KeyClass::Private, &KeySelector::any())?;
    Ok(handles.len())
}

/// A key that is being judged.
struct Judged {
    entry: KeyEntry,
    /// How it signs, unless it was refused.
    located: Option<LocatedKey>,
}

fn entries(
    token: &dyn Token,
    selector: &KeySelector,
    wanted: impl Fn(&str) -> bool,
    must_sign: impl Fn(&str) -> bool,
) -> Result<Vec<KeyEntry>, Error> {
    let session = token.session(Access::Use)?;
    let handles = session.find(KeyClass::Private, selector);
    let handles = handles.map_err(|error| in_time(error, 0, 0))?;
    let mut objects = Vec::new();
    let all = handles.len();
    for (count, handle) in handles.into_iter().enumerate() {
        let object = read(session.as_ref(), handle, &wanted);
        let object = object.map_err(|error| in_time(error, count, all))?;
        objects.extend(object.map(|object| (handle, object)));
    }
    let halves = halves_of(session.as_ref(), &objects);
    let halves = halves.map_err(|error| in_time(error, all, all))?;
    drop(session);
    let mut judged: Vec<_> = objects
        .into_iter()
        .map(|(handle, object)| judge(token, handle, object, &halves))
        .collect();
    refuse_doubles(&mut judged);
    let label = |one: &Judged| one.entry.object.label.clone();
    let proven = judged.iter_mut().filter(|one| must_sign(&label(one)));
    have_sign(token, proven.collect())?;
    let mut entries: Vec<_> = judged.into_iter().map(|one| one.entry).collect();
    entries.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(entries)
}

/// The key, if its label is wanted; of foreign keys nothing else is read.
fn read(
    session: &dyn TokenSession,
    handle: ObjectHandle,
    wanted: &impl Fn(&str) -> bool,
) -> Result<Option<KeyObject>, Error> {
    // The empty label is wanted where every one is.
    let object = if wanted("") {
        session.read(handle)
    } else {
        match session.label(handle) {
            Ok(label) if wanted(&label) => session.read(handle),
            Ok(_) | Err(Error::ModuleMisbehaved(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    };
    match object {
        // An object of the vendor's own kind, that cannot be read so, is still listed.
        Err(Error::ModuleMisbehaved(_)) => Ok(Some(KeyObject {
            label: session.label(handle).unwrap_or_default(),
            ..KeyObject::default()
        })),
        read => read.map(Some),
    }
}

fn halves_of(
    session: &dyn TokenSession,
    objects: &[(ObjectHandle, KeyObject)],
) -> Result<PublicHalves, Error> {
    let of_ours = |object: &&KeyObject| object.scheme().is_some();
    let ours: Vec<_> = objects
        .iter()
        .map(|(_, object)| object)
        .filter(of_ours)
        .collect();
    if ours.len() > FEW {
        return PublicHalves::all(session);
    }
    PublicHalves::of(session, &ours)
}

fn judge(
    token: &dyn Token,
    handle: ObjectHandle,
    object: KeyObject,
    halves: &PublicHalves,
) -> Judged {
    let examined = examine(token, &object, halves);
    let key = examined.key.clone();
    let (located, refusal) = match located(handle, examined, object.clone()) {
        Ok(located) => (Some(located), None),
        Err(error) => (None, Some(error)),
    };
    Judged {
        entry: KeyEntry {
            object,
            key,
            refusal,
        },
        located,
    }
}

/// Which of two removal keys of one label is meant, nobody knows.
fn refuse_doubles(judged: &mut [Judged]) {
    let mut labels: HashMap<String, usize> = HashMap::new();
    for one in judged.iter() {
        *labels.entry(one.entry.object.label.clone()).or_default() += 1;
    }
    for one in judged {
        let label = &one.entry.object.label;
        let count = labels.get(label).copied().unwrap_or_default();
        if count > 1 && scheme_of_label(label).is_some() {
            one.located = None;
            one.entry.refusal = Some(Error::KeyAmbiguous {
                class: KeyClass::Private.title(),
                wanted: KeySelector::label(label.as_str()).to_string(),
                count,
            });
        }
    }
}

/// What is wrong with a pair whose signature does not verify.
fn no_pair(key: &LocatedKey) -> Error {
    let title = key.scheme.title;
    let why = match is_on_curve(key.scheme, &key.public_key) {
        false => format!("that is no point of the curve of {title}"),
        true => format!(
            "that is another key's, or the private half's value is none for {title}, such as zero"
        ),
    };
    let reason = format!("its signature does not verify under its public half: {why}");
    refused(&key.object.names(), reason)
}

/// Each signs once. Those that do not are refused; where the failure may have been anything's, only
/// if they fail again once the others were tried.
fn have_sign(token: &dyn Token, mut judged: Vec<&mut Judged>) -> Result<(), Error> {
    for again in [false, true] {
        for one in &mut judged {
            let (Some(key), refusal) = (&one.located, &mut one.entry.refusal) else {
                continue;
            };
            let doubtful = refusal.as_ref().is_some_and(|error| !is_lasting(error));
            if again && !doubtful {
                continue;
            }
            *refusal = match prove(token, key) {
                // Nobody is left to be asked.
                Err(error @ Error::Process(_)) => return Err(error),
                Err(Error::SignatureInvalid) => Some(no_pair(key)),
                proven => proven.err(),
            };
        }
    }
    Ok(())
}

/// Whether a key is refused for what it is, and not for a moment's failure.
pub(super) fn is_lasting(refusal: &Error) -> bool {
    let of_the_pair = matches!(
        refusal,
        Error::SignatureInvalid | Error::Encoding(_) | Error::KeyNotFound { .. }
    );
    of_the_pair || refusal.nature() == Nature::Permanent
}

/// Says that it is the list that took too long, and how far it came.
fn in_time(error: Error, read: usize, all: usize) -> Error {
    match error {
        Error::DeadlinePassed | Error::Process(ProcessError::Hung { .. }) => {
            Error::ListTooLong { read, all }
        }
        other => other,
    }
}

fn order(entry: &KeyEntry) -> (&str, &[u8]) {
    (&entry.object.label, &entry.object.id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_list_that_takes_too_long_says_so() {
        let hung = ProcessError::Hung {
            after: Duration::from_secs(30),
        };
        for error in [Error::DeadlinePassed, hung.into()] {
            let said = in_time(error, 12, 2000).to_string();
            assert!(said.contains("12 of 2000"), "{said}");
        }
        let unnamed = in_time(Error::DeadlinePassed, 0, 0).to_string();
        assert!(unnamed.contains("not named them all"), "{unnamed}");
        let other = in_time(Error::SessionLost, 12, 2000);
        assert!(matches!(other, Error::SessionLost));
    }
}
