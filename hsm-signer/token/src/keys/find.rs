//! Exactly one key: by label or id, with the public key that the token gives for it, held to
//! the rules of removal keys.

use mls_signer_message::encoding::base64;
use mls_signer_message::scheme::Scheme;
use mls_signer_message::signature::verified;
use openmls_hw_crypto::HwCrypto;

use super::halves::PublicHalves;
use crate::error::{Error, LOST};
use crate::quirks::SigningPlan;
use crate::release;
use crate::removal_label::{is_anothers, is_in_use, meant_by, scheme_of_label};
use crate::token::key_rules::refused;
use crate::token::{Access, KeyClass, KeyObject, KeySelector, ObjectHandle, Token, TokenSession};

/// A private key that was found, and what belongs to it.
#[derive(Debug)]
pub struct LocatedKey {
    /// The private key, for use in any session of the process while the login lasts.
    pub handle: ObjectHandle,
    /// What the token says of it.
    pub object: KeyObject,
    /// Its scheme.
    pub scheme: &'static Scheme,
    /// Its public key as the token gives it, in MLS's form. Not proven yet.
    pub public_key: Vec<u8>,
    /// How the token signs with it.
    pub plan: SigningPlan,
}

/// What is known of a key, whether or not it can be a removal key.
pub(super) struct Examined {
    /// Its scheme and public key, where it has them.
    pub key: Option<(&'static Scheme, Vec<u8>)>,
    /// How the token signs with it; or why it is no removal key.
    pub verdict: Result<SigningPlan, Error>,
}

/// Finds the one private key that `selector` describes, and its public key.
///
/// # Errors
/// [`Error::KeyNotFound`] and [`Error::KeyAmbiguous`] when the private key or its
/// public key is not exactly one object, [`Error::KeyUnsupported`],
/// [`Error::Encoding`] for a public key in no known form, [`Error::KeyAttributes`] when it is
/// not as the token's [rules](crate::KeyRules) want it.
pub fn locate(
    token: &dyn Token,
    session: &dyn TokenSession,
    selector: &KeySelector,
) -> Result<LocatedKey, Error> {
    let handle = exactly_one(session, selector)?;
    complete(token, session, handle)
}

/// Finds the key whose public key is `pinned`: by its names, else, for tokens that name it
/// otherwise, among all keys whose labels say the same part of them: that of a removal key in use,
/// or none of removals.
///
/// # Errors
/// As [`locate`]; [`Error::KeyMismatch`] when the key of these names has another public
/// key.
pub fn locate_pinned(
    token: &dyn Token,
    session: &dyn TokenSession,
    names: &KeySelector,
    pinned: &[u8],
) -> Result<LocatedKey, Error> {
    let found = match locate(token, session, names) {
        Err(Error::KeyNotFound { class, wanted }) => {
            let found = by_public_key(token, session, names, pinned)?;
            let is_private = class == KeyClass::Private.title();
            let class = if is_private { LOST } else { class };
            found.ok_or(Error::KeyNotFound { class, wanted })?
        }
        other => other?,
    };
    match found.public_key == pinned {
        true => Ok(found),
        false => Err(mismatch([(&found.object, &found.public_key[..])])),
    }
}

/// That these keys, each with its public key, are in the place of others.
pub fn mismatch<'a>(keys: impl IntoIterator<Item = (&'a KeyObject, &'a [u8])>) -> Error {
    let (mut wanted, mut retire) = (Vec::new(), Vec::new());
    for (object, public_key) in keys {
        let public_key = base64(public_key);
        wanted.push(format!(
            "the key {} (public key {public_key})",
            object.names()
        ));
        retire.push(format!(
            "mls-hsm-signer keys retire --public-key {public_key}"
        ));
    }
    Error::KeyMismatch {
        wanted: wanted.join(" and "),
        retire: retire.join(", "),
    }
}

/// Has the token sign a fresh message with `key`, and verifies the signature. In a session of
/// its own, for one that fails may be left in the middle of something.
///
/// # Errors
/// [`Error::SignatureInvalid`] when the public key is another's or the token computes wrongly,
/// [`Error::Pkcs11`] when it does not sign.
pub fn prove(token: &dyn Token, key: &LocatedKey) -> Result<(), Error> {
    prove_in(token.session(Access::Use)?.as_ref(), key)
}

/// The same in a session that is thrown away where it fails.
///
/// # Errors
/// As [`prove`].
pub fn prove_in(session: &dyn TokenSession, key: &LocatedKey) -> Result<(), Error> {
    let crypto = HwCrypto::default();
    let message = release::self_test_message(&crypto)?;
    let data = release::prepared(&crypto, key.scheme, key.plan, &message)?;
    let signature = session.sign(key.handle, release::mechanism(key.plan), &data)?;
    verified(&crypto, key.scheme, &key.public_key, &message, signature)?;
    Ok(())
}

/// The one place where it is decided whether a key is fit to be a removal key, as far as that
/// can be seen without a signature.
pub(super) fn examine(token: &dyn Token, object: &KeyObject, halves: &PublicHalves) -> Examined {
    let examined = by_attributes(token, object, halves);
    match meant_by(&object.label) {
        None => examined,
        Some(meant) => Examined {
            verdict: Err(Error::label_of_none(&object.label, &meant)),
            ..examined
        },
    }
}

fn by_attributes(token: &dyn Token, object: &KeyObject, halves: &PublicHalves) -> Examined {
    let Some(scheme) = object.scheme() else {
        let names = object.names().to_string();
        return Examined {
            key: None,
            verdict: Err(match scheme_of_label(&object.label) {
                Some(labelled) => refused(
                    &object.names(),
                    format!(
                        "its label says {}, and it is no key of that",
                        labelled.title
                    ),
                ),
                None => Error::KeyUnsupported(names),
            }),
        };
    };
    match halves.public_key(object, scheme) {
        Ok(key) => Examined {
            key: Some((scheme, key)),
            verdict: fit(token, object, scheme),
        },
        Err(error) => Examined {
            key: None,
            verdict: Err(error),
        },
    }
}

fn fit(
    token: &dyn Token,
    object: &KeyObject,
    scheme: &'static Scheme,
) -> Result<SigningPlan, Error> {
    if let Some(labelled) = scheme_of_label(&object.label)
        && labelled.signature_scheme != scheme.signature_scheme
    {
        let reason = format!("its label says {}, it is {}", labelled.title, scheme.title);
        return Err(refused(&object.names(), reason));
    }
    let rules = token.key_rules();
    rules.plan(object, scheme, token.identity(), token.mechanisms())
}

/// Reads what belongs to the private key `handle`, and holds it to the rules.
fn complete(
    token: &dyn Token,
    session: &dyn TokenSession,
    handle: ObjectHandle,
) -> Result<LocatedKey, Error> {
    let object = session.read(handle)?;
    let halves = PublicHalves::of(session, &[&object])?;
    located(handle, examine(token, &object, &halves), object)
}

pub(super) fn located(
    handle: ObjectHandle,
    examined: Examined,
    object: KeyObject,
) -> Result<LocatedKey, Error> {
    let plan = examined.verdict?;
    let unsupported = || Error::KeyUnsupported(object.names().to_string());
    let (scheme, public_key) = examined.key.ok_or_else(unsupported)?;
    Ok(LocatedKey {
        handle,
        object,
        scheme,
        public_key,
        plan,
    })
}

/// The public keys are read once; only the private key of one that is `pinned` is looked for.
fn by_public_key(
    token: &dyn Token,
    session: &dyn TokenSession,
    known: &KeySelector,
    pinned: &[u8],
) -> Result<Option<LocatedKey>, Error> {
    let halves = PublicHalves::all(session)?;
    let is_of_removals = known.names_label(is_in_use);
    let mut matching = Vec::new();
    for (handle, object, examined) in of_public_key(token, session, &halves, pinned)? {
        let same_part = match is_of_removals {
            true => is_in_use(&object.label),
            false => is_anothers(&object.label),
        };
        if same_part {
            matching.push(located(handle, examined, object)?);
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

/// A private key, and what is known of it.
type Found = (ObjectHandle, KeyObject, Examined);

/// The private keys, fit or not, whose public key is `wanted`.
fn of_public_key(
    token: &dyn Token,
    session: &dyn TokenSession,
    halves: &PublicHalves,
    wanted: &[u8],
) -> Result<Vec<Found>, Error> {
    let mut matching = Vec::new();
    for names in halves.names_of(wanted) {
        for handle in session.find(KeyClass::Private, &names)? {
            let object = session.read(handle)?;
            let examined = examine(token, &object, halves);
            if matches!(&examined.key, Some((_, key)) if key == wanted) {
                matching.push((handle, object, examined));
            }
        }
    }
    Ok(matching)
}

/// For each of these public keys, the private key of it that the token has, whatever its label.
///
/// # Errors
/// When the token cannot be searched.
pub fn already_there(
    token: &dyn Token,
    public_keys: &[&[u8]],
) -> Result<Vec<Option<KeyObject>>, Error> {
    let session = token.session(Access::Use)?;
    let halves = PublicHalves::all(session.as_ref())?;
    let first = |wanted: &&[u8]| {
        let found = of_public_key(token, session.as_ref(), &halves, wanted)?;
        Ok(found.into_iter().next().map(|(_, object, _)| object))
    };
    public_keys.iter().map(first).collect()
}

fn exactly_one(session: &dyn TokenSession, selector: &KeySelector) -> Result<ObjectHandle, Error> {
    let class = KeyClass::Private;
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
