//! New keys: generated in the token or imported, proven before anyone relies on them.

use std::sync::Arc;

use crate::encoding::pkcs8::PrivateKey;
use crate::error::Error;
use crate::quirks::{Quirks, SigningPlan};
use crate::signer::HsmSigner;
use crate::token::{
    Access, KeyClass, KeyPair, KeySelector, KeySpec, ObjectHandle, Protection, Token, TokenSession,
};

/// Generates a key pair in the token. The private key is sensitive, never extractable
/// and for signing only, which is read back from the token; and it has made a
/// signature that verifies under the public key. If any of that fails, the pair is
/// destroyed again.
///
/// # Errors
/// [`Error::KeyExists`] when the label or the id is taken, [`Error::KeyAttributes`]
/// when the token made something else than asked, [`Error::Pkcs11`] when it refused.
pub fn generate(token: &Arc<dyn Token>, spec: &KeySpec) -> Result<HsmSigner, Error> {
    generate_pair(token, spec).map(|(signer, _)| signer)
}

/// Generates a key pair for each of `specs`, or none: if one fails, those made before
/// it by this call are destroyed again.
///
/// # Errors
/// As [`generate`], for the first that fails.
pub fn generate_all(token: &Arc<dyn Token>, specs: &[KeySpec]) -> Result<Vec<HsmSigner>, Error> {
    specs
        .iter()
        .try_for_each(|spec| check_possible(token.as_ref(), spec))?;
    let mut made = Vec::with_capacity(specs.len());
    for spec in specs {
        match generate_pair(token, spec) {
            Ok(created) => made.push(created),
            Err(error) => {
                let session = token.session(Access::Manage)?;
                made.iter()
                    .for_each(|(_, pair)| undo(session.as_ref(), *pair));
                return Err(error);
            }
        }
    }
    Ok(made.into_iter().map(|(signer, _)| signer).collect())
}

fn generate_pair(token: &Arc<dyn Token>, spec: &KeySpec) -> Result<(HsmSigner, KeyPair), Error> {
    create(
        token,
        spec,
        |session| session.generate(spec),
        |signer| match signer.object().protection() {
            Protection::MadeInToken => Ok(()),
            other => Err(attributes(spec, &other.to_string())),
        },
    )
}

/// Imports a key pair into the token, protected from then on as a generated one.
/// The key in the token has made a signature that verifies under the public key of
/// `key`; else it is destroyed again. What was outside the token once may exist
/// elsewhere still: destroying the copies is for the caller.
///
/// # Errors
/// As [`generate`]; [`Error::Pkcs11`] from `C_CreateObject` when the token takes no
/// keys from outside.
pub fn import(
    token: &Arc<dyn Token>,
    spec: &KeySpec,
    key: &PrivateKey,
) -> Result<HsmSigner, Error> {
    if spec.scheme().signature_scheme != key.scheme().signature_scheme {
        return Err(attributes(spec, "the key to import is of another scheme"));
    }
    create(
        token,
        spec,
        |session| session.import(spec, key),
        |signer| match signer.object().protection() {
            Protection::Faulty(faults) => Err(attributes(spec, &faults.join("; "))),
            _ if signer.public_key() != key.public_key() => Err(attributes(
                spec,
                "the token shows another public key than was imported",
            )),
            _ => Ok(()),
        },
    )
    .map(|(signer, _)| signer)
}

fn create(
    token: &Arc<dyn Token>,
    spec: &KeySpec,
    make: impl FnOnce(&dyn TokenSession) -> Result<KeyPair, Error>,
    accept: impl FnOnce(&HsmSigner) -> Result<(), Error>,
) -> Result<(HsmSigner, KeyPair), Error> {
    check_possible(token.as_ref(), spec)?;
    let session = token.session(Access::Manage)?;
    let pair = make(session.as_ref())?;
    let proven = prove(token, spec).and_then(|signer| accept(&signer).map(|()| signer));
    if proven.is_err() {
        undo(session.as_ref(), pair);
    }
    proven.map(|signer| (signer, pair))
}

/// Checks, before anything is made, that the token has the mechanism and that neither
/// label nor id is taken.
fn check_possible(token: &dyn Token, spec: &KeySpec) -> Result<(), Error> {
    SigningPlan::choose(
        spec.scheme(),
        token.mechanisms(),
        Quirks::of(token.identity()),
    )?;
    refuse_existing(token.session(Access::Use)?.as_ref(), spec)
}

/// The label and the id must both be free, for private and public keys.
fn refuse_existing(session: &dyn TokenSession, spec: &KeySpec) -> Result<(), Error> {
    for selector in [KeySelector::label(spec.label()), KeySelector::id(spec.id())] {
        for class in [KeyClass::Private, KeyClass::Public] {
            if !session.find(class, &selector)?.is_empty() {
                return Err(Error::KeyExists {
                    wanted: selector.to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Opens the new key as a signer would, by label alone: that finds another process's
/// key of the same label made at the same moment, and signs and verifies.
fn prove(token: &Arc<dyn Token>, spec: &KeySpec) -> Result<HsmSigner, Error> {
    HsmSigner::open(Arc::clone(token), &KeySelector::label(spec.label()))
}

fn undo(session: &dyn TokenSession, pair: KeyPair) {
    let destroy = |object: ObjectHandle, class: KeyClass| {
        if let Err(error) = session.destroy(object) {
            tracing::error!(%error, class = class.title(), "a rejected key could not be destroyed");
        }
    };
    destroy(pair.private, KeyClass::Private);
    destroy(pair.public, KeyClass::Public);
}

fn attributes(spec: &KeySpec, reason: &str) -> Error {
    Error::KeyAttributes {
        wanted: KeySelector::label(spec.label()).to_string(),
        reason: reason.into(),
    }
}
