//! Generations of keys: old groups keep the key that they were created with, so a
//! rotation adds a key and takes none away.
//!
//! The label says the generation. The first has the scheme's default label, such as
//! `mls-removal-ed25519`, the second `mls-removal-ed25519-g2`, and so on. New groups get
//! the highest; a group's own is found by its public key. A key that no group needs any
//! more is retired, by which its label becomes `retired-...` and the engine stops using
//! it; a retired key may be destroyed, which is for ever.

use std::sync::Arc;

use super::create::{destroy_found, generate};
use super::find::wrong_attributes;
use super::list;
use crate::error::Error;
use crate::keys::signer::HsmSigner;
use crate::token::{Access, KeyClass, KeyObject, KeySelector, KeySpec, Token};
use mls_signer_message::scheme::{SCHEMES, Scheme};

const RETIRED: &str = "retired-";

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

/// The label of a scheme's generation `number`.
pub fn label(scheme: &Scheme, number: u32) -> String {
    match number {
        0 | 1 => scheme.default_label(),
        number => format!("{}-g{number}", scheme.default_label()),
    }
}

/// The scheme, the generation and whether it is retired, if `label` is a removal key's.
fn parse(label: &str) -> Option<(&'static Scheme, u32, bool)> {
    let (name, retired) = match label.strip_prefix(RETIRED) {
        Some(name) => (name, true),
        None => (label, false),
    };
    SCHEMES.iter().find_map(|scheme| {
        let rest = name.strip_prefix(&scheme.default_label())?;
        let number = match rest.strip_prefix("-g") {
            None if rest.is_empty() => 1,
            None => return None,
            Some(digits) => digits.parse().ok().filter(|number| *number > 1)?,
        };
        // The label as this module writes it, and no other spelling of the number.
        (self::label(scheme, number) == name).then_some((scheme, number, retired))
    })
}

/// All generations in the token, by scheme and number, retired ones included.
///
/// # Errors
/// [`Error::KeyAmbiguous`] when two keys have one label, [`Error::KeyAttributes`] when a
/// key is not of the scheme that its label says; and what makes a key unusable.
pub fn all(token: &dyn Token) -> Result<Vec<Generation>, Error> {
    let mut found = Vec::new();
    for entry in list(token, &KeySelector::any())? {
        let Some((scheme, number, retired)) = parse(&entry.object.label) else {
            continue;
        };
        let wanted = KeySelector::label(entry.object.label.clone());
        let (actual, public_key) = entry.key?;
        if actual.signature_scheme != scheme.signature_scheme {
            let reason = format!("its label says {}, it is {}", scheme.title, actual.title);
            return Err(wrong_attributes(&wanted, reason));
        }
        found.push(Generation {
            number,
            scheme,
            public_key,
            object: entry.object,
            retired,
        });
    }
    found.sort_by_key(|key| (place(key.scheme), key.retired, key.number));
    refuse_doubles(&found)?;
    Ok(found)
}

fn place(scheme: &Scheme) -> usize {
    SCHEMES
        .iter()
        .position(|row| row.name == scheme.name)
        .unwrap_or(SCHEMES.len())
}

fn refuse_doubles(sorted: &[Generation]) -> Result<(), Error> {
    let double = sorted
        .windows(2)
        .find(|pair| pair[0].object.label == pair[1].object.label);
    match double {
        None => Ok(()),
        Some(pair) => Err(Error::KeyAmbiguous {
            class: KeyClass::Private.title(),
            wanted: KeySelector::label(pair[0].object.label.clone()).to_string(),
            count: 2,
        }),
    }
}

/// Generates the next generation of a scheme's key: the first if there is none. Retired
/// ones count, so that no label ever means two keys.
///
/// # Errors
/// As [`all`] and [`generate`].
pub fn rotate(token: &Arc<dyn Token>, scheme: &'static Scheme) -> Result<HsmSigner, Error> {
    generate(token, &next(token.as_ref(), scheme)?)
}

/// What the next generation of a scheme's key is to be: the first if there is none.
///
/// # Errors
/// As [`all`], and [`Error::Random`].
pub fn next(token: &dyn Token, scheme: &'static Scheme) -> Result<KeySpec, Error> {
    let of_scheme = all(token)?
        .into_iter()
        .filter(|key| key.scheme.signature_scheme == scheme.signature_scheme);
    let next = of_scheme.map(|key| key.number).max().unwrap_or(0) + 1;
    KeySpec::with_random_id(scheme, &label(scheme, next))
}

/// Retires the key with this public key: the engine uses it no more. The newest of its
/// scheme cannot be retired, since new groups get it.
///
/// # Errors
/// [`Error::KeyUnknown`] when there is no such key, [`Error::KeyAttributes`] when it is
/// the newest, [`Error::Pkcs11`] when the token does not change the label.
pub fn retire(token: &dyn Token, public_key: &[u8]) -> Result<String, Error> {
    let keys = all(token)?;
    let key = by_public_key(&keys, public_key, false)?;
    let newest = keys.iter().filter(|other| !other.retired);
    let newest = newest.filter(|other| other.scheme.name == key.scheme.name);
    if newest.map(|other| other.number).max() == Some(key.number) {
        let wanted = KeySelector::label(key.object.label.as_str());
        let reason = "it is the newest of its scheme; rotate first";
        return Err(wrong_attributes(&wanted, reason));
    }
    let retired = format!("{RETIRED}{}", key.object.label);
    rename(token, &key.object, &retired)?;
    Ok(retired)
}

/// Destroys the retired key with this public key for ever.
///
/// # Errors
/// [`Error::KeyUnknown`] when no retired key has it, [`Error::Pkcs11`] when the token
/// does not destroy it, [`Error::LeftBehind`] when it destroys the private key alone.
pub fn destroy(token: &dyn Token, public_key: &[u8]) -> Result<String, Error> {
    let keys = all(token)?;
    let key = by_public_key(&keys, public_key, true)?;
    let session = token.session(Access::Manage)?;
    let selector = key.selector();
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
/// As [`all`]; [`Error::KeyUnknown`] when there is none, or it is retired.
pub fn find(token: &dyn Token, public_key: &[u8]) -> Result<Generation, Error> {
    by_public_key(&all(token)?, public_key, false).cloned()
}

fn by_public_key<'a>(
    keys: &'a [Generation],
    public_key: &[u8],
    retired: bool,
) -> Result<&'a Generation, Error> {
    let found = keys
        .iter()
        .find(|key| key.public_key == public_key && key.retired == retired);
    found.ok_or_else(|| Error::KeyUnknown {
        wanted: if retired {
            "retired key of this public key".into()
        } else {
            "key in use of this public key".into()
        },
        present: labels(keys),
    })
}

fn labels(keys: &[Generation]) -> String {
    let labels: Vec<_> = keys.iter().map(|key| key.object.label.as_str()).collect();
    if labels.is_empty() {
        "no removal keys".into()
    } else {
        labels.join(", ")
    }
}

/// The private key last: while it has the old label, the key is not retired.
fn rename(token: &dyn Token, key: &KeyObject, label: &str) -> Result<(), Error> {
    let session = token.session(Access::Manage)?;
    for class in [KeyClass::Public, KeyClass::Private] {
        for object in session.find(class, &key.names())? {
            session.relabel(object, label)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_they_are_written() {
        for scheme in SCHEMES {
            for number in [1, 2, 10, u32::MAX] {
                let name = label(scheme, number);
                let (found, read, retired) = parse(&name).unwrap();
                assert_eq!((found.name, read, retired), (scheme.name, number, false));
                let (_, read, retired) = parse(&format!("{RETIRED}{name}")).unwrap();
                assert_eq!((read, retired), (number, true));
            }
        }
    }

    #[test]
    fn other_labels_are_nobodys_generation() {
        for name in [
            "",
            "mls-removal-ed25519-g1",
            "mls-removal-ed25519-g02",
            "mls-removal-ed25519-g",
            "mls-removal-ed25519x",
            "retired-retired-mls-removal-ed25519",
            "mls-removal-rsa",
        ] {
            assert!(parse(name).is_none(), "{name}");
        }
    }
}
