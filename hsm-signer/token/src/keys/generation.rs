//! Generations of keys: old groups keep the key that they were created with, so a
//! rotation adds a key and takes none away.
//!
//! The label says the generation. The first has the scheme's default label, such as
//! `mls-removal-ed25519`, the second `mls-removal-ed25519-g2`, and so on. New groups get
//! the highest; a group's own is found by its public key. A key that no group needs any
//! more is retired, by which its label becomes `retired-...` and the engine stops using
//! it; a retired key may be destroyed, which is for ever.

use std::fmt;
use std::sync::Arc;

pub use crate::removal_label::{LAST, is_retired, label};

use super::create::{destroy_found, generate};
use super::list::{KeyEntry, is_lasting, list_removal_keys};
use crate::error::Error;
use crate::keys::signer::HsmSigner;
use crate::removal_label::{
    is_in_use, is_put_away, label_in_use, meant_by, parse, retired, scheme_of_label,
};
use crate::token::key_rules::refused;
use crate::token::{Access, KeyClass, KeyObject, KeySelector, KeySpec, Token, TokenSession};
use mls_signer_message::scheme::{SCHEMES, Scheme};

/// One generation of a scheme's removal key.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Counted from 1.
    pub number: u32,
    /// The key's scheme.
    pub scheme: &'static Scheme,
    /// The public key as MLS carries it.
    pub public_key: Vec<u8>,
    /// What the token says of the private key.
    pub object: KeyObject,
    /// Whether it is retired.
    pub retired: bool,
}

impl Generation {
    /// Selects the private key, and it alone.
    pub fn selector(&self) -> KeySelector {
        self.object.names()
    }
}

/// A removal key that cannot be one, and is used by nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedKey {
    /// CKA_LABEL.
    pub label: String,
    /// CKA_ID.
    pub id: Vec<u8>,
    /// Why.
    pub reason: String,
}

impl RefusedKey {
    /// The scheme that its label says.
    pub fn scheme(&self) -> Option<&'static Scheme> {
        scheme_of_label(&self.label)
    }
}

impl fmt::Display for RefusedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = KeySelector::label_and_id(self.label.as_str(), self.id.as_slice());
        write!(f, "the key {names} is not used: {}", self.reason)
    }
}

/// The removal keys of a token.
#[derive(Clone, Debug, Default)]
pub struct RemovalKeys {
    /// Those that can sign, by scheme and number; retired ones, which nobody asks to, included.
    pub generations: Vec<Generation>,
    /// Those in use that cannot, with the reason.
    pub refused: Vec<RefusedKey>,
    /// The names of all that are retired, those included that have no public key.
    pub retired: Vec<RetiredName>,
}

/// By what a key was known before it was retired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetiredName {
    /// Its label as it was.
    pub label: String,
    /// CKA_ID.
    pub id: Vec<u8>,
    /// Its public key, where it has one.
    pub public_key: Option<Vec<u8>>,
}

impl RetiredName {
    /// Its label since it was retired.
    pub fn label_now(&self) -> String {
        retired(&self.label)
    }
}

impl RemovalKeys {
    /// The key for new groups of a scheme, by [`newest`].
    ///
    /// # Errors
    /// [`Error::NoKeyOfScheme`] when there are some of the scheme and none can sign,
    /// [`Error::KeyNotFound`] when there is none.
    pub fn current(&self, scheme: &Scheme) -> Result<&Generation, Error> {
        let in_use = self.generations.iter().filter(|key| !key.retired);
        let found = newest(in_use, scheme, |key| (key.scheme, key.number));
        found.ok_or_else(|| {
            let of_scheme =
                |key: &&RefusedKey| key.scheme().is_some_and(|own| own.name == scheme.name);
            let refused = self.refused.iter().filter(of_scheme);
            let reasons: Vec<_> = refused.map(ToString::to_string).collect();
            match reasons.is_empty() {
                true => Error::KeyNotFound {
                    class: KeyClass::Private.title(),
                    wanted: KeySelector::label(scheme.default_label()).to_string(),
                },
                false => Error::NoKeyOfScheme {
                    scheme: scheme.title,
                    reasons: reasons.join("; "),
                },
            }
        })
    }
}

/// Of keys that can sign, the one for new groups of a scheme: the newest generation, whatever has
/// become of those before it. `of` tells the scheme and the generation.
pub fn newest<K>(
    keys: impl IntoIterator<Item = K>,
    scheme: &Scheme,
    of: impl Fn(&K) -> (&'static Scheme, u32),
) -> Option<K> {
    let of_scheme = |key: &K| of(key).0.name == scheme.name;
    let keys = keys.into_iter().filter(of_scheme);
    keys.max_by_key(|key| of(key).1)
}

/// All keys in the token that are named as removal keys.
///
/// # Errors
/// When the token cannot be searched, or signs with none of them for now.
pub fn removal_keys(token: &dyn Token) -> Result<RemovalKeys, Error> {
    let mut keys = RemovalKeys::default();
    let mut passing = None;
    for entry in list_removal_keys(token)? {
        let found = generation_of(&entry);
        if let Some(label) = label_in_use(&entry.object.label) {
            keys.retired.push(RetiredName {
                label: label.into(),
                id: entry.object.id.clone(),
                public_key: entry.key.as_ref().map(|(_, key)| key.clone()),
            });
        }
        let in_use = !is_put_away(&entry.object.label);
        let Some(error) = entry.refusal.filter(|_| in_use) else {
            keys.generations.extend(found);
            continue;
        };
        keys.refused.push(RefusedKey {
            label: entry.object.label,
            id: entry.object.id,
            reason: error.to_string(),
        });
        passing = Some(error).filter(|error| !is_lasting(error)).or(passing);
    }
    keys.generations.sort_by_key(order);
    let fit = keys.generations.iter().any(|key| !key.retired);
    passing.filter(|_| !fit).map_or(Ok(keys), Err)
}

/// The generations in the token that can sign, by scheme and number, retired ones included.
///
/// # Errors
/// As [`removal_keys`].
pub fn all(token: &dyn Token) -> Result<Vec<Generation>, Error> {
    Ok(removal_keys(token)?.generations)
}

/// What is known of a key by its label, where it has a public key.
fn generation_of(entry: &KeyEntry) -> Option<Generation> {
    let (scheme, number, retired) = parse(&entry.object.label)?;
    let (_, public_key) = entry.key.clone()?;
    Some(Generation {
        number,
        scheme,
        public_key,
        object: entry.object.clone(),
        retired,
    })
}

fn order(key: &Generation) -> (usize, bool, u32) {
    let mut names = SCHEMES.iter().map(|row| row.name);
    let place = names.position(|name| name == key.scheme.name);
    (place.unwrap_or(SCHEMES.len()), key.retired, key.number)
}

/// Generates the next generation of a scheme's key: the first if there is none. Retired ones count; of a
/// key that is gone the token knows nothing, and whoever does passes by its number ([`newest_used`]).
///
/// # Errors
/// As [`all`] and [`generate`].
pub fn rotate(token: &Arc<dyn Token>, scheme: &'static Scheme) -> Result<HsmSigner, Error> {
    generate(token, &next(token.as_ref(), scheme)?)
}

/// What the next generation of a scheme's key is to be: the first if there is none.
///
/// # Errors
/// As [`newest_used`], and [`Error::Random`].
pub fn next(token: &dyn Token, scheme: &'static Scheme) -> Result<KeySpec, Error> {
    let number = following(newest_used(token, scheme)?)?;
    KeySpec::with_random_id(scheme, &label(scheme, number))
}

/// The generation after one.
///
/// # Errors
/// [`Error::LastGeneration`] when there is none.
pub fn following(number: u32) -> Result<u32, Error> {
    match number {
        LAST.. => Err(Error::LastGeneration),
        number => Ok(number + 1),
    }
}

/// The newest generation of a scheme of which the token has anything, whatever has become of the key;
/// 0 where there is none. Of a key that is gone it knows nothing.
///
/// # Errors
/// When the token cannot be searched.
pub fn newest_used(token: &dyn Token, scheme: &Scheme) -> Result<u32, Error> {
    let mut newest = 0;
    let session = token.session(Access::Use)?;
    // A public half that is left of a key has its label still.
    let mut keys = session.find(KeyClass::Private, &KeySelector::any())?;
    keys.extend(session.find(KeyClass::Public, &KeySelector::any())?);
    for key in keys {
        let label = match session.label(key) {
            Err(Error::ModuleMisbehaved(_)) => continue,
            label => label?,
        };
        newest = newest.max(number_of(&label, scheme).unwrap_or_default());
    }
    Ok(newest)
}

/// The generation that a label says, of a key of the scheme, retired or not.
pub fn number_of(label: &str, scheme: &Scheme) -> Option<u32> {
    let (found, number, _) = parse(label)?;
    (found.signature_scheme == scheme.signature_scheme).then_some(number)
}

/// Whether a key of this label may be a removal key, retired ones included.
///
/// # Errors
/// [`Error::KeyLabel`] where it is almost one's, [`Error::KeyAttributes`] where it is quite another.
pub fn check_label(label: &str) -> Result<(), Error> {
    if let Some(meant) = meant_by(label) {
        return Err(Error::label_of_none(label, &meant));
    }
    if scheme_of_label(label).is_none() {
        let reason = "its label says that it is no removal key, and it signs no removals; those are \
                      labelled mls-removal-SCHEME, mls-removal-SCHEME-g2 and so on";
        return Err(refused(&KeySelector::label(label), reason));
    }
    Ok(())
}

/// Whether a key of this label may be a removal key in use.
///
/// # Errors
/// As [`check_label`]; [`Error::KeyAttributes`] of one that is retired.
pub fn check_in_use(label: &str) -> Result<(), Error> {
    check_label(label)?;
    match is_retired(label) {
        true => Err(refused(
            &KeySelector::label(label),
            "it is retired, and signs nothing any more",
        )),
        false => Ok(()),
    }
}

/// The key that is to be put away. One that cannot be a removal key shows no public key, and is
/// named.
#[derive(Clone, Copy, Debug)]
pub enum OldKey<'a> {
    /// The key with this public key.
    PublicKey(&'a [u8]),
    /// The one key with these names.
    Named(&'a KeySelector),
}

impl fmt::Display for OldKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublicKey(_) => f.write_str("of this public key"),
            Self::Named(names) => names.fmt(f),
        }
    }
}

/// Retires the key with this public key, as [`retire_key`] does.
///
/// # Errors
/// As [`retire_key`].
pub fn retire(token: &dyn Token, public_key: &[u8]) -> Result<String, Error> {
    retire_key(token, OldKey::PublicKey(public_key))
}

/// Retires a key, fit or not: the engine uses it no more. The newest of its scheme that can sign
/// cannot be retired, since new groups get it.
///
/// # Errors
/// [`Error::KeyUnknown`] when there is no such key, [`Error::KeyAmbiguous`] when there are several,
/// [`Error::KeyAttributes`] when it is the newest, [`Error::Pkcs11`] when the token does not change
/// the label.
pub fn retire_key(token: &dyn Token, which: OldKey<'_>) -> Result<String, Error> {
    let keys = list_removal_keys(token)?;
    let key = the_one(&keys, which, false)?;
    let label = &key.object.label;
    let names = KeySelector::label(label.as_str());
    match &key.refusal {
        None if is_newest(key, &keys) => {
            return Err(refused(
                &names,
                "it is the newest of its scheme; rotate first",
            ));
        }
        // A token that is disturbed says nothing about its keys.
        Some(error) if !is_lasting(error) => {
            let reason = format!("nobody knows whether it is fit, for it does not sign: {error}");
            return Err(refused(&names, reason));
        }
        _ => {}
    }
    let retired = retired(label);
    rename(token, &key.object, &retired)?;
    Ok(retired)
}

/// Whether new groups get the key, which can sign.
fn is_newest(key: &KeyEntry, keys: &[KeyEntry]) -> bool {
    let fit = keys.iter().filter(|other| other.refusal.is_none());
    let in_use: Vec<_> = fit
        .filter_map(generation_of)
        .filter(|other| !other.retired)
        .collect();
    generation_of(key).is_some_and(|key| {
        let newest = newest(&in_use, key.scheme, |other| (other.scheme, other.number));
        newest.is_some_and(|newest| newest.number == key.number)
    })
}

/// Destroys the retired key with this public key, as [`destroy_key`] does.
///
/// # Errors
/// As [`destroy_key`].
pub fn destroy(token: &dyn Token, public_key: &[u8]) -> Result<String, Error> {
    destroy_key(token, OldKey::PublicKey(public_key))
}

/// Destroys a retired key for ever.
///
/// # Errors
/// [`Error::KeyUnknown`] when there is no such key that is retired, [`Error::KeyAmbiguous`] when there
/// are several, [`Error::Pkcs11`] when the token does not destroy it, [`Error::LeftBehind`] when it
/// destroys the private key alone.
pub fn destroy_key(token: &dyn Token, which: OldKey<'_>) -> Result<String, Error> {
    let keys = list_removal_keys(token)?;
    let key = the_one(&keys, which, true)?;
    let session = token.session(Access::Manage)?;
    let selector = key.object.names();
    findable(session.as_ref(), &selector)?;
    destroy_found(session.as_ref(), KeyClass::Private, &selector)?;
    let public = destroy_found(session.as_ref(), KeyClass::Public, &selector);
    public.map_err(|error| Error::LeftBehind {
        cause: Box::new(error),
        left: format!("the {} {selector}", KeyClass::Public.title()),
    })?;
    Ok(key.object.label.clone())
}

/// The key in use with this public key, by which a group names it.
///
/// # Errors
/// As [`removal_keys`]; [`Error::KeyUnknown`] when there is none, or it is retired;
/// [`Error::KeyAttributes`] and others when it cannot be a removal key.
pub fn find(token: &dyn Token, public_key: &[u8]) -> Result<Generation, Error> {
    let keys = list_removal_keys(token)?;
    let key = the_one(&keys, OldKey::PublicKey(public_key), false)?;
    match (&key.refusal, generation_of(key)) {
        (None, Some(found)) => Ok(found),
        (Some(error), _) => Err(refused(&key.object.names(), error.to_string())),
        (None, None) => Err(Error::KeyUnsupported(key.object.names().to_string())),
    }
}

/// The one key that is meant, of those that are retired or of those that are not.
fn the_one<'a>(
    keys: &'a [KeyEntry],
    which: OldKey<'_>,
    retired: bool,
) -> Result<&'a KeyEntry, Error> {
    let is_meant = |entry: &&KeyEntry| match which {
        OldKey::PublicKey(wanted) => matches!(&entry.key, Some((_, key)) if key == wanted),
        OldKey::Named(names) => names.describes(&entry.object.label, &entry.object.id),
    };
    let of_state = |entry: &&KeyEntry| match retired {
        true => is_put_away(&entry.object.label),
        false => is_in_use(&entry.object.label),
    };
    let meant: Vec<_> = keys.iter().filter(of_state).filter(is_meant).collect();
    match (meant.as_slice(), which) {
        ([], _) => Err(Error::KeyUnknown {
            wanted: format!(
                "{} {which}",
                if retired { "retired key" } else { "key in use" }
            ),
            present: names(keys),
        }),
        ([first, others @ ..], OldKey::Named(_))
            if others.iter().any(|key| is_named_as(key, first)) =>
        {
            Err(refused(
                &first.object.names(),
                "several keys have this label and this id, and only the HSM's own tool tells them apart",
            ))
        }
        ([_, _, ..], OldKey::Named(_)) => Err(Error::KeyAmbiguous {
            class: KeyClass::Private.title(),
            wanted: which.to_string(),
            count: meant.len(),
        }),
        ([key, ..], _) => Ok(key),
    }
}

fn is_named_as(key: &KeyEntry, other: &KeyEntry) -> bool {
    key.object.names() == other.object.names()
}

/// By what the keys are told apart.
fn names(keys: &[KeyEntry]) -> String {
    let names = keys.iter().map(|key| key.object.names().to_string());
    match names.collect::<Vec<_>>() {
        none if none.is_empty() => "no removal keys".into(),
        some => some.join(", "),
    }
}

/// The private key last: while it has the old label, the key is not retired.
fn rename(token: &dyn Token, key: &KeyObject, label: &str) -> Result<(), Error> {
    let session = token.session(Access::Manage)?;
    findable(session.as_ref(), &key.names())?;
    for class in [KeyClass::Public, KeyClass::Private] {
        for object in session.find(class, &key.names())? {
            session.relabel(object, label)?;
        }
    }
    Ok(())
}

/// A label that is no text is read with marks in the place of what cannot be read, and no key is found
/// by that.
fn findable(session: &dyn TokenSession, names: &KeySelector) -> Result<(), Error> {
    match session.find(KeyClass::Private, names)?.is_empty() {
        true => Err(Error::KeyNotFound {
            class: KeyClass::Private.title(),
            wanted: format!(
                "{names}, as it was read: somebody has changed it meanwhile, or its label is no text in UTF-8, \
                 and only the HSM's own tool changes such a key"
            ),
        }),
        false => Ok(()),
    }
}
