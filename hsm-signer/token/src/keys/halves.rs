//! The public halves of private keys.

use std::collections::HashSet;

use mls_signer_message::scheme::Scheme;

use crate::error::Error;
use crate::pkcs11_scheme::{Parameters, Pkcs11Scheme};
use crate::token::{KeyClass, KeyObject, KeySelector, TokenSession};
use crate::{ec_point, public_value};

/// Public keys of a token, each read once.
pub(super) struct PublicHalves(Vec<KeyObject>);

impl PublicHalves {
    /// All of them.
    pub fn all(session: &dyn TokenSession) -> Result<Self, Error> {
        Self::found(session, &[KeySelector::any()])
    }

    /// Those that may belong to one of `private`.
    pub fn of(session: &dyn TokenSession, private: &[&KeyObject]) -> Result<Self, Error> {
        let mut names: Vec<_> = private.iter().map(|key| half(key)).collect();
        names.dedup();
        Self::found(session, &names)
    }

    fn found(session: &dyn TokenSession, names: &[KeySelector]) -> Result<Self, Error> {
        let (mut halves, mut seen) = (Vec::new(), HashSet::new());
        for names in names {
            for handle in session.find(KeyClass::Public, names)? {
                if !seen.insert(handle) {
                    continue;
                }
                match session.read(handle) {
                    // What cannot be read is none of ours.
                    Err(Error::ModuleMisbehaved(_)) => {}
                    read => halves.push(read?),
                }
            }
        }
        Ok(Self(halves))
    }

    /// How the private keys are named whose public key is `pinned`; any, where the token keeps no
    /// public keys.
    pub fn names_of(&self, pinned: &[u8]) -> Vec<KeySelector> {
        if self.0.is_empty() {
            return vec![KeySelector::any()];
        }
        let is_pinned = |public: &&KeyObject| {
            let scheme = public.scheme();
            let key = scheme.and_then(|scheme| value(Some(public), public, scheme).ok());
            key.is_some_and(|key| key == pinned)
        };
        self.0.iter().filter(is_pinned).map(half).collect()
    }

    /// The public key of `private`, a key of `scheme`, as the token gives it, in MLS's form.
    /// Not proven yet.
    ///
    /// # Errors
    /// [`Error::KeyNotFound`] and [`Error::KeyAmbiguous`] when there is not exactly one,
    /// [`Error::Encoding`] for one in no known form.
    pub fn public_key(&self, private: &KeyObject, scheme: &Scheme) -> Result<Vec<u8>, Error> {
        value(self.half(private)?, private, scheme)
    }

    /// PKCS#11 ties the halves of a pair by CKA_ID; the label serves where there is none, and
    /// where several pairs have one.
    fn half(&self, private: &KeyObject) -> Result<Option<&KeyObject>, Error> {
        let same_label = |public: &&KeyObject| public.label == private.label;
        let same = |public: &&KeyObject| match private.id.as_slice() {
            [] => same_label(public),
            id => public.id == id,
        };
        let mut candidates: Vec<_> = self.0.iter().filter(same).collect();
        let count = candidates.len();
        if count > 1 {
            candidates.retain(same_label);
        }
        match (count, candidates.as_slice()) {
            (0, _) => Ok(None),
            (_, [public]) => Ok(Some(public)),
            _ => Err(ambiguous(private, count)),
        }
    }
}

/// What `public` says, or the private key itself: tokens that keep no public object may have the
/// point there.
fn value(
    public: Option<&KeyObject>,
    private: &KeyObject,
    scheme: &Scheme,
) -> Result<Vec<u8>, Error> {
    match Pkcs11Scheme::of(scheme)?.parameters {
        Parameters::Curve(_) => {
            let point = match public {
                Some(public) => public
                    .point
                    .as_ref()
                    .ok_or_else(|| lacks(private, "EC_POINT")),
                None => private.point.as_ref().ok_or_else(|| missing(private)),
            };
            Ok(ec_point::public_key(point?, scheme)?)
        }
        Parameters::Set(_) => {
            let public = public.ok_or_else(|| missing(private))?;
            let value = public.public_value.as_ref();
            let value = value.ok_or_else(|| lacks(private, "VALUE"))?;
            Ok(public_value::public_key(value, scheme)?)
        }
    }
}

fn half(private: &KeyObject) -> KeySelector {
    if private.id.is_empty() {
        KeySelector::label(private.label.clone())
    } else {
        KeySelector::id(private.id.clone())
    }
}

fn missing(private: &KeyObject) -> Error {
    Error::KeyNotFound {
        class: KeyClass::Public.title(),
        wanted: half(private).to_string(),
    }
}

fn ambiguous(private: &KeyObject, count: usize) -> Error {
    Error::KeyAmbiguous {
        class: KeyClass::Public.title(),
        wanted: half(private).to_string(),
        count,
    }
}

fn lacks(private: &KeyObject, attribute: &str) -> Error {
    let key = half(private);
    Error::ModuleMisbehaved(format!("the public key {key} has no CKA_{attribute}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_signer_message::scheme::Scheme;

    fn public(label: &str, id: &[u8], point: u8) -> KeyObject {
        KeyObject {
            label: label.into(),
            id: id.into(),
            point: Some(vec![point; 32]),
            ..KeyObject::default()
        }
    }

    fn found(halves: &[KeyObject], label: &str, id: &[u8]) -> Result<u8, Error> {
        let private = KeyObject {
            point: None,
            ..public(label, id, 0)
        };
        let scheme = Scheme::by_name("ed25519").unwrap();
        let key = PublicHalves(halves.to_vec()).public_key(&private, scheme)?;
        Ok(key[0])
    }

    #[test]
    fn the_id_ties_a_pair_and_the_label_decides_between_several() {
        let one = [public("b", b"1", 1), public("a", b"2", 2)];
        assert_eq!(found(&one, "a", b"1").unwrap(), 1);
        let shared = [public("a", b"1", 1), public("b", b"1", 2)];
        assert_eq!(found(&shared, "a", b"1").unwrap(), 1);
        assert_eq!(found(&shared, "b", b"1").unwrap(), 2);
        let nameless = [public("a", b"", 1), public("b", b"", 2)];
        assert_eq!(found(&nameless, "b", b"").unwrap(), 2);
    }

    #[test]
    fn what_no_label_decides_is_refused() {
        let shared = [public("a", b"1", 1), public("b", b"1", 2)];
        let error = found(&shared, "c", b"1").unwrap_err();
        assert!(
            matches!(error, Error::KeyAmbiguous { count: 2, .. }),
            "{error}"
        );
        let twins = [public("a", b"1", 1), public("a", b"1", 2)];
        let error = found(&twins, "a", b"1").unwrap_err();
        assert!(
            matches!(error, Error::KeyAmbiguous { count: 2, .. }),
            "{error}"
        );
        // Never a half of another id, whatever its label.
        let error = found(&[public("a", b"2", 1)], "a", b"1").unwrap_err();
        assert!(matches!(error, Error::KeyNotFound { .. }), "{error}");
    }
}
