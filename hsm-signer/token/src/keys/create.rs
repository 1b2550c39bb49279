//! New keys: generated in the token or imported, proven before anyone relies on them.

use std::sync::Arc;

use cryptoki::error::RvError;

use crate::error::Error;
use crate::keys::find::already_there;
use crate::keys::signer::HsmSigner;
use crate::quirks::{Quirks, SigningPlan};
use crate::removal_label::{retired, scheme_of_label};
use crate::token::key_rules::refused;
use crate::token::{
    Access, KeyClass, KeyPair, KeySelector, KeySpec, Protection, Token, TokenSession,
};
use mls_signer_message::encoding::pkcs8::PrivateKey;

/// Generates a key pair in the token. The private key is sensitive, never extractable
/// and for signing only, which is read back from the token; and it has made a
/// signature that verifies under the public key. If any of that fails, the pair is
/// destroyed again.
///
/// # Errors
/// [`Error::KeyExists`] when the label or the id is taken, [`Error::KeyAttributes`]
/// when the token made something else than asked, [`Error::Pkcs11`] when it refused,
/// [`Error::LeftBehind`] when a rejected key could not be destroyed.
pub fn generate(token: &Arc<dyn Token>, spec: &KeySpec) -> Result<HsmSigner, Error> {
    create(
        token,
        spec,
        |session| session.generate(spec),
        |signer| match signer.object().protection() {
            Protection::MadeInToken => Ok(()),
            other => Err(refused(&named(spec), other.to_string())),
        },
    )
}

/// Imports a key pair into the token, protected from then on as a generated one.
/// The key in the token has made a signature that verifies under the public key of
/// `key`; else it is destroyed again. What was outside the token once may exist
/// elsewhere still: destroying the copies is for the caller.
///
/// # Errors
/// As [`generate`]; [`Error::KeyThere`] when the token has the key, under whatever label;
/// [`Error::ImportRefused`] when it takes no such keys from outside, which names another route.
pub fn import(
    token: &Arc<dyn Token>,
    spec: &KeySpec,
    key: &PrivateKey,
) -> Result<HsmSigner, Error> {
    refuse_same(token.as_ref(), &[key])?;
    import_new(token, spec, key)
}

/// One key under two labels would be two keys to retire, and none to tell from the other.
fn refuse_same(token: &dyn Token, keys: &[&PrivateKey]) -> Result<(), Error> {
    let public_keys: Vec<_> = keys.iter().map(|key| key.public_key()).collect();
    let there = already_there(token, &public_keys)?.into_iter().flatten();
    let there: Vec<_> = there.map(|object| object.names().to_string()).collect();
    match there.is_empty() {
        true => Ok(()),
        false => Err(Error::KeyThere(there.join(" and "))),
    }
}

fn import_new(
    token: &Arc<dyn Token>,
    spec: &KeySpec,
    key: &PrivateKey,
) -> Result<HsmSigner, Error> {
    if spec.scheme().signature_scheme != key.scheme().signature_scheme {
        let reason = "the key to import is of another scheme";
        return Err(refused(&named(spec), reason));
    }
    let route = Quirks::of(token.identity()).import_route;
    create(
        token,
        spec,
        |session| {
            session
                .import(spec, key)
                .map_err(|error| not_taken(error, route))
        },
        |signer| match signer.object().protection() {
            Protection::Faulty(faults) => Err(refused(&named(spec), faults.join("; "))),
            _ if signer.public_key() != key.public_key() => Err(refused(
                &named(spec),
                "the token shows another public key than was imported",
            )),
            _ => Ok(()),
        },
    )
}

/// What C_CreateObject returns where such a key is not for it to make. Other codes are
/// failures like any.
const NOT_FROM_OUTSIDE: [RvError; 11] = [
    RvError::FunctionNotSupported,
    RvError::ActionProhibited,
    RvError::TemplateIncomplete,
    RvError::TemplateInconsistent,
    RvError::AttributeReadOnly,
    RvError::AttributeSensitive,
    RvError::AttributeTypeInvalid,
    RvError::AttributeValueInvalid,
    RvError::CurveNotSupported,
    RvError::DomainParamsInvalid,
    RvError::MechanismInvalid,
];

fn not_taken(error: Error, route: &'static str) -> Error {
    match error {
        Error::Pkcs11(failure)
            if failure.function() == "C_CreateObject"
                && NOT_FROM_OUTSIDE.contains(&failure.code()) =>
        {
            Error::ImportRefused { failure, route }
        }
        other => other,
    }
}

/// Generates a key pair for each of `specs`, or none: if one fails, those made before
/// it by this call are destroyed again.
///
/// # Errors
/// As [`generate`], for the first that fails.
pub fn generate_all(token: &Arc<dyn Token>, specs: &[KeySpec]) -> Result<Vec<HsmSigner>, Error> {
    all_or_none(token, specs, |number| generate(token, &specs[number]))
}

/// Imports each key as its spec says, or none; as [`import`] and [`generate_all`].
///
/// # Errors
/// As [`import`], for the first that fails.
pub fn import_all(
    token: &Arc<dyn Token>,
    keys: &[(KeySpec, &PrivateKey)],
) -> Result<Vec<HsmSigner>, Error> {
    let specs: Vec<_> = keys.iter().map(|(spec, _)| spec.clone()).collect();
    let outside: Vec<_> = keys.iter().map(|(_, key)| *key).collect();
    refuse_same(token.as_ref(), &outside)?;
    all_or_none(token, &specs, |number| {
        import_new(token, &specs[number], outside[number])
    })
}

fn all_or_none(
    token: &Arc<dyn Token>,
    specs: &[KeySpec],
    make: impl Fn(usize) -> Result<HsmSigner, Error>,
) -> Result<Vec<HsmSigner>, Error> {
    specs
        .iter()
        .try_for_each(|spec| check_possible(token.as_ref(), spec))?;
    let mut made = Vec::with_capacity(specs.len());
    for number in 0..specs.len() {
        match make(number) {
            Ok(signer) => made.push(signer),
            Err(error) => return Err(undone(token.as_ref(), &specs[..number], error)),
        }
    }
    Ok(made)
}

fn create(
    token: &Arc<dyn Token>,
    spec: &KeySpec,
    make: impl FnOnce(&dyn TokenSession) -> Result<KeyPair, Error>,
    accept: impl FnOnce(&HsmSigner) -> Result<(), Error>,
) -> Result<HsmSigner, Error> {
    check_possible(token.as_ref(), spec)?;
    let session = token.session(Access::Manage)?;
    let made = make(session.as_ref());
    drop(session);
    made.and_then(|_| prove(token, spec))
        .and_then(|signer| accept(&signer).map(|()| signer))
        .map_err(|error| undone(token.as_ref(), std::slice::from_ref(spec), error))
}

/// Checks, before anything is made, that the token has the mechanism and that neither
/// label nor id is taken.
///
/// # Errors
/// [`Error::SchemeUnsupported`], [`Error::SchemeBroken`] and [`Error::SchemeNotApproved`] when the token
/// does not sign so, [`Error::KeyExists`] when a name is taken, [`Error::KeyAttributes`] when the label
/// says another scheme, and those of the token.
pub fn check_possible(token: &dyn Token, spec: &KeySpec) -> Result<(), Error> {
    refuse_other_label(spec)?;
    let quirks = Quirks::of(token.identity());
    SigningPlan::choose(spec.scheme(), token.mechanisms(), quirks)?;
    refuse_existing(token.session(Access::Use)?.as_ref(), spec)
}

/// A key whose label says another scheme would be used by nobody.
fn refuse_other_label(spec: &KeySpec) -> Result<(), Error> {
    match scheme_of_label(spec.label()) {
        Some(labelled) if labelled.signature_scheme != spec.scheme().signature_scheme => {
            let (labelled, scheme) = (labelled.title, spec.scheme().title);
            let reason = format!(
                "its label says {labelled}, it is to be of {scheme}, and nothing was made; choose another \
                 label or scheme"
            );
            Err(refused(&named(spec), reason))
        }
        _ => Ok(()),
    }
}

/// The label and the id must both be free, for private and public keys, and no retired key may have had
/// the label.
fn refuse_existing(session: &dyn TokenSession, spec: &KeySpec) -> Result<(), Error> {
    let names = [
        KeySelector::label(spec.label()),
        KeySelector::label(retired(spec.label())),
        KeySelector::id(spec.id()),
    ];
    for selector in names {
        for class in [KeyClass::Private, KeyClass::Public] {
            if !session.find(class, &selector)?.is_empty() {
                return Err(Error::KeyExists(selector.to_string()));
            }
        }
    }
    Ok(())
}

fn named(spec: &KeySpec) -> KeySelector {
    KeySelector::label(spec.label())
}

/// Opens the new key as a signer would, by label alone: that finds another process's
/// key of the same label made at the same moment, and signs and verifies.
fn prove(token: &Arc<dyn Token>, spec: &KeySpec) -> Result<HsmSigner, Error> {
    HsmSigner::open(Arc::clone(token), &named(spec))
}

/// Destroys what was made of `specs`, whose names were free before, and gives `cause`
/// back; or [`Error::LeftBehind`], when something is there still or nobody knows.
pub(super) fn undone(token: &dyn Token, specs: &[KeySpec], cause: Error) -> Error {
    let (cause, left_before) = match cause {
        Error::LeftBehind { cause, left } => (*cause, Some(left)),
        other => (other, None),
    };
    let mut left = left_behind(token, specs);
    left.extend(left_before);
    if left.is_empty() {
        return cause;
    }
    Error::LeftBehind {
        cause: Box::new(cause),
        left: left.join("; "),
    }
}

/// Destroys what was made of `specs`: what is there still, if anything is or nobody knows.
pub(super) fn left_behind(token: &dyn Token, specs: &[KeySpec]) -> Vec<String> {
    let mut left = Vec::new();
    for spec in specs {
        for class in [KeyClass::Private, KeyClass::Public] {
            left.extend(still_there(token, spec, class));
        }
    }
    left
}

/// Each object in a session of its own: the one before may have been left unusable.
fn still_there(token: &dyn Token, spec: &KeySpec, class: KeyClass) -> Option<String> {
    let selector = KeySelector::label_and_id(spec.label(), spec.id());
    let session = token.session(Access::Manage);
    let destroyed = session.and_then(|session| destroy_found(&*session, class, &selector));
    let error = destroyed.err()?;
    Some(format!("perhaps a {} {selector} ({error})", class.title()))
}

pub(super) fn destroy_found(
    session: &dyn TokenSession,
    class: KeyClass,
    selector: &KeySelector,
) -> Result<(), Error> {
    for object in session.find(class, selector)? {
        session.destroy(object)?;
    }
    Ok(())
}
