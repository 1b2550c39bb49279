//! What a removal key must be. The rules belong to the token as it is opened, so that the
//! service and every command hold its keys to the same.

use cryptoki::mechanism::MechanismType;
use mls_signer_message::scheme::Scheme;

use super::key_object::KeyObject;
use super::key_selector::KeySelector;
use crate::error::Error;
use crate::identity::TokenIdentity;
use crate::key_use::KeyUse;
use crate::quirks::{Quirks, SigningPlan};

/// The rules of a token's keys: sensitive, not extractable, signing without further ado and
/// nothing but signing, except for what a person admits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRules {
    admitted: Vec<KeyUse>,
}

impl KeyRules {
    /// The rules without exceptions.
    pub const STRICT: &'static Self = &Self {
        admitted: Vec::new(),
    };

    /// The rules with these uses admitted.
    pub fn admitting(uses: impl IntoIterator<Item = KeyUse>) -> Self {
        Self {
            admitted: uses.into_iter().collect(),
        }
    }

    /// What is wrong with how `object` is kept; what to do about it is the last.
    pub fn faults(&self, object: &KeyObject) -> Vec<String> {
        self.faults_and(object, None)
    }

    /// The same with one more fault, which no word admits.
    fn faults_and(&self, object: &KeyObject, another: Option<String>) -> Vec<String> {
        let mut faults = object.attributes.kept_badly();
        let too_much = KeyUse::ALL.into_iter().filter(|allowed| {
            !self.admitted.contains(allowed) && object.attributes.allows(*allowed)
        });
        let too_much: Vec<_> = too_much.collect();
        faults.extend(
            too_much
                .iter()
                .map(|one| format!("{} is true", one.attribute())),
        );
        if object.always_authenticate == Some(true) {
            faults.push(
                "CKA_ALWAYS_AUTHENTICATE is true, so that the token wants the PIN for each \
                 signature"
                    .into(),
            );
        }
        if object.private == Some(false) {
            faults.push("CKA_PRIVATE is false, so that the key is there without a login".into());
        }
        faults.extend(another);
        if !too_much.is_empty() && faults.len() == too_much.len() {
            faults.push(advice(&too_much));
        }
        faults
    }

    /// How a token signs with `object`, a key of `scheme`, if it is as it must be. All that is wrong
    /// is said at once.
    ///
    /// # Errors
    /// [`Error::KeyAttributes`], and those of [`SigningPlan::choose`].
    pub fn plan(
        &self,
        object: &KeyObject,
        scheme: &'static Scheme,
        token: &TokenIdentity,
        mechanisms: &[MechanismType],
    ) -> Result<SigningPlan, Error> {
        let planned = plan(object, scheme, Quirks::of(token), mechanisms);
        let another = match &planned {
            Err(Error::KeyAttributes { reason, .. }) => Some(reason.clone()),
            _ => None,
        };
        let faults = self.faults_and(object, another);
        if !faults.is_empty() {
            return Err(refused(&object.names(), faults.join("; ")));
        }
        planned
    }
}

/// By which of its mechanisms the token signs with the key.
fn plan(
    object: &KeyObject,
    scheme: &'static Scheme,
    quirks: &Quirks,
    mechanisms: &[MechanismType],
) -> Result<SigningPlan, Error> {
    let of_token = SigningPlan::choose(scheme, mechanisms, quirks)?;
    if object.allowed_mechanisms.is_empty() {
        return Ok(of_token);
    }
    let allowed = |kind: &&MechanismType| object.allowed_mechanisms.contains(&***kind);
    let allowed: Vec<_> = mechanisms.iter().filter(allowed).copied().collect();
    SigningPlan::choose(scheme, &allowed, quirks).map_err(|_| {
        let (kind, title) = (of_token.mechanism(), scheme.title);
        let reason = format!("CKA_ALLOWED_MECHANISMS has no {kind}, by which {title} is signed");
        refused(&object.names(), reason)
    })
}

/// That a key cannot be a removal key.
pub(crate) fn refused(key: &KeySelector, reason: impl Into<String>) -> Error {
    Error::KeyAttributes {
        wanted: key.to_string(),
        reason: reason.into(),
    }
}

fn advice(uses: &[KeyUse]) -> String {
    let names: Vec<_> = uses.iter().map(|one| one.name()).collect();
    format!(
        "keys that other programs make, such as pkcs11-tool, often may do more than sign. \
         mls-hsm-signer keys rotate makes one that only signs; to use this one as it is, give \
         --admit-use {}, and the service admit_key_uses = {names:?}",
        names.join(" --admit-use ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Attributes;

    fn kept(also_allowed: &[&str]) -> KeyObject {
        KeyObject {
            attributes: Attributes {
                sensitive: Some(true),
                extractable: Some(false),
                sign: Some(true),
                also_allowed: also_allowed.iter().map(|name| (*name).into()).collect(),
                ..Attributes::default()
            },
            ..KeyObject::default()
        }
    }

    #[test]
    fn a_use_is_admitted_by_its_name_alone() {
        let object = kept(&["CKA_DECRYPT", "CKA_UNWRAP"]);
        assert_eq!(KeyRules::STRICT.faults(&object).len(), 3);
        let one = KeyRules::admitting([KeyUse::Decrypt]);
        let faults = one.faults(&object);
        assert_eq!(faults[0], "CKA_UNWRAP is true");
        assert!(faults[1].contains("--admit-use unwrap"), "{faults:?}");
        let both = KeyRules::admitting([KeyUse::Decrypt, KeyUse::Unwrap]);
        assert!(both.faults(&object).is_empty());
        for name in ["decrypt", "unwrap", "derive"] {
            assert_eq!(KeyUse::by_name(name).map(KeyUse::name), Some(name));
        }
        assert_eq!(KeyUse::by_name("sign"), None);
    }

    /// What no word admits is not offered to be admitted.
    #[test]
    fn advice_is_given_where_it_would_help() {
        let mut object = kept(&["CKA_DERIVE"]);
        object.attributes.extractable = Some(true);
        let faults = KeyRules::STRICT.faults(&object);
        assert_eq!(faults.len(), 2, "{faults:?}");
        let mut always = kept(&[]);
        always.always_authenticate = Some(true);
        assert_eq!(KeyRules::admitting(KeyUse::ALL).faults(&always).len(), 1);
        let mut open = kept(&[]);
        open.private = Some(false);
        assert_eq!(KeyRules::admitting(KeyUse::ALL).faults(&open).len(), 1);
    }
}
