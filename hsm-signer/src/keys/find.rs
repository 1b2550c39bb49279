//! Exactly one key: by label or id, with the public key that the token gives for it.

use crate::encoding::ec_point;
use crate::error::Error;
use crate::scheme::Scheme;
use crate::token::{KeyClass, KeyObject, KeySelector, ObjectHandle, TokenSession};

/// A private key that was found, and what belongs to it.
pub(crate) struct Located {
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
pub(crate) fn locate(session: &dyn TokenSession, selector: &KeySelector) -> Result<Located, Error> {
    let handle = exactly_one(session, KeyClass::Private, selector)?;
    complete(session, handle)
}

/// Reads what belongs to the private key `handle`.
pub(super) fn complete(session: &dyn TokenSession, handle: ObjectHandle) -> Result<Located, Error> {
    let object = session.read(handle)?;
    let unsupported = || Error::KeyUnsupported {
        wanted: selector_of(&object).to_string(),
    };
    let scheme = object.scheme().ok_or_else(unsupported)?;
    let public_key = ec_point::public_key(&point(session, &object)?, scheme)?;
    Ok(Located {
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
    let wanted = || selector.to_string();
    match session.find(class, selector)?.as_slice() {
        [key] => Ok(*key),
        [] => Err(Error::KeyNotFound {
            class: class.title(),
            wanted: wanted(),
        }),
        keys => Err(Error::KeyAmbiguous {
            class: class.title(),
            wanted: wanted(),
            count: keys.len(),
        }),
    }
}
