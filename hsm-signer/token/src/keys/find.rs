//! Exactly one key: by label or id, with the public key that the token gives for it.

use mls_signer_message::scheme::Scheme;

use crate::error::Error;
use crate::pkcs11_scheme::{Parameters, Pkcs11Scheme};
use crate::token::{KeyClass, KeyObject, KeySelector, ObjectHandle, Protection, TokenSession};
use crate::{ec_point, public_value};

/// A private key that was found, and what belongs to it.
pub struct LocatedKey {
    /// The private key, for use in any session of the process while the login lasts.
    pub handle: ObjectHandle,
    /// What the token says of it.
    pub object: KeyObject,
    /// Its scheme.
    pub scheme: &'static Scheme,
    /// Its public key as the token gives it, in MLS's form. Not proven yet.
    pub public_key: Vec<u8>,
}

/// Finds the one private key that `selector` describes, and its public key.
///
/// # Errors
/// [`Error::KeyNotFound`] and [`Error::KeyAmbiguous`] when the private key or its
/// public key is not exactly one object, [`Error::KeyUnsupported`],
/// [`Error::Encoding`] for a public key in no known form.
pub fn locate(session: &dyn TokenSession, selector: &KeySelector) -> Result<LocatedKey, Error> {
    let handle = exactly_one(session, KeyClass::Private, selector)?;
    complete(session, handle)
}

/// Finds the key whose public key is `pinned`: by its names, else, for tokens that name it
/// otherwise, among all keys.
///
/// # Errors
/// As [`locate`]; [`Error::KeyMismatch`] when the key of these names has another public
/// key, [`Error::KeyAttributes`] when the token does not protect it as it must.
pub fn locate_pinned(
    session: &dyn TokenSession,
    names: &KeySelector,
    pinned: &[u8],
) -> Result<LocatedKey, Error> {
    let found = match locate(session, names) {
        Err(Error::KeyNotFound { class, wanted }) => {
            by_public_key(session, pinned)?.ok_or(Error::KeyNotFound { class, wanted })?
        }
        other => other?,
    };
    if found.public_key != pinned {
        let wanted = names.to_string();
        return Err(Error::KeyMismatch { wanted });
    }
    match found.object.protection() {
        Protection::Faulty(faults) => Err(wrong_attributes(names, faults.join("; "))),
        Protection::MadeInToken | Protection::Imported => Ok(found),
    }
}

pub(super) fn wrong_attributes(key: &KeySelector, reason: impl Into<String>) -> Error {
    Error::KeyAttributes {
        wanted: key.to_string(),
        reason: reason.into(),
    }
}

fn by_public_key(session: &dyn TokenSession, pinned: &[u8]) -> Result<Option<LocatedKey>, Error> {
    let mut matching = Vec::new();
    for handle in session.find(KeyClass::Private, &KeySelector::any())? {
        // Keys of other kinds are none of ours.
        if let Ok(found) = complete(session, handle)
            && found.public_key == pinned
        {
            matching.push(found);
        }
    }
    match (matching.pop(), matching.len()) {
        (found, 0) => Ok(found),
        (_, others) => Err(Error::KeyAmbiguous {
            class: KeyClass::Private.title(),
            wanted: "with the pinned public key".into(),
            count: others + 1,
        }),
    }
}

/// Reads what belongs to the private key `handle`.
pub(super) fn complete(
    session: &dyn TokenSession,
    handle: ObjectHandle,
) -> Result<LocatedKey, Error> {
    let object = session.read(handle)?;
    let unsupported = || Error::KeyUnsupported(selector_of(&object).to_string());
    let scheme = object.scheme().ok_or_else(unsupported)?;
    let public_key = match Pkcs11Scheme::of(scheme)?.parameters {
        Parameters::Curve(_) => ec_point::public_key(&point(session, &object)?, scheme)?,
        Parameters::Set(_) => public_value::public_key(&value(session, &object)?, scheme)?,
    };
    Ok(LocatedKey {
        handle,
        object,
        scheme,
        public_key,
    })
}

/// CKA_EC_POINT of the public key object with the private key's id; tokens that keep
/// no such object may have the attribute on the private key.
fn point(session: &dyn TokenSession, private: &KeyObject) -> Result<Vec<u8>, Error> {
    let selector = selector_of(private);
    match (
        exactly_one(session, KeyClass::Public, &selector),
        &private.point,
    ) {
        (Err(Error::KeyNotFound { .. }), Some(point)) => Ok(point.clone()),
        (Err(error), _) => Err(error),
        (Ok(public), _) => session.read(public)?.point.ok_or_else(|| {
            Error::ModuleMisbehaved(format!("the public key {selector} has no CKA_EC_POINT"))
        }),
    }
}

/// CKA_VALUE of the public key object with the private key's id. The private key's own is
/// what must never be asked for.
fn value(session: &dyn TokenSession, private: &KeyObject) -> Result<Vec<u8>, Error> {
    let selector = selector_of(private);
    let public = exactly_one(session, KeyClass::Public, &selector)?;
    session.read(public)?.public_value.ok_or_else(|| {
        Error::ModuleMisbehaved(format!("the public key {selector} has no CKA_VALUE"))
    })
}

/// PKCS#11 ties the halves of a pair by CKA_ID; the label serves where there is none.
fn selector_of(key: &KeyObject) -> KeySelector {
    if key.id.is_empty() {
        KeySelector::label(key.label.clone())
    } else {
        KeySelector::id(key.id.clone())
    }
}

fn exactly_one(
    session: &dyn TokenSession,
    class: KeyClass,
    selector: &KeySelector,
) -> Result<ObjectHandle, Error> {
    match session.find(class, selector)?.as_slice() {
        [key] => Ok(*key),
        [] => Err(Error::KeyNotFound {
            class: class.title(),
            wanted: selector.to_string(),
        }),
        keys => Err(Error::KeyAmbiguous {
            class: class.title(),
            wanted: selector.to_string(),
            count: keys.len(),
        }),
    }
}
