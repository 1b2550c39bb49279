//! What a ceremony is to make, agreed on before it makes anything.

use std::collections::BTreeSet;

use openmls_hw_crypto::HwCrypto;
use openmls_traits::random::OpenMlsRand;
use serde::{Deserialize, Serialize};

use super::{CeremonyError, canonical, fingerprint, malformed, time};
use crate::error::Error;
use crate::identity::TokenIdentity;
use crate::token::{KeySpec, Module};
use mls_signer_message::encoding::{from_hex, hex};
use mls_signer_message::scheme::Scheme;

/// What a plan's fingerprint is made over begins so.
const DOMAIN: &str = "mls-hsm-signer ceremony plan 1\n";
const KIND: &str = "plan";

/// What a ceremony is to make, where and before whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The module.
    pub module: ModuleIdentity,
    /// The token.
    pub token: TokenName,
    /// The keys.
    pub keys: Vec<PlannedKey>,
    /// Who is present.
    pub witnesses: Vec<String>,
    /// When the plan was made: RFC 3339, UTC.
    pub prepared: String,
    /// 16 random bytes in hexadecimal: no two plans have one fingerprint.
    pub nonce: String,
}

/// The library that reaches the token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleIdentity {
    /// Where it lies.
    pub path: String,
    /// What it says of itself: library, maker, version.
    pub description: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// What a token says of itself that does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenName {
    /// Its label.
    pub label: String,
    /// Its serial number.
    pub serial: String,
    /// Its maker.
    pub manufacturer: String,
    /// Its model.
    pub model: String,
    /// Its firmware's version, major and minor.
    pub firmware: (u8, u8),
}

/// A key that is to be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedKey {
    /// The scheme's name, such as `ed25519`.
    pub scheme: String,
    /// CKA_LABEL.
    pub label: String,
    /// CKA_ID, in hexadecimal.
    pub id: String,
}

impl ModuleIdentity {
    /// Reads the module's file and asks the module who it is.
    ///
    /// # Errors
    /// [`CeremonyError::File`] when the file cannot be read; what the module says.
    pub fn of(module: &Module) -> Result<Self, CeremonyError> {
        let content = std::fs::read(module.path()).map_err(|error| CeremonyError::File {
            path: module.path().into(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            path: module.path().display().to_string(),
            description: module.description()?,
            sha256: fingerprint(&content),
        })
    }
}

impl From<&TokenIdentity> for TokenName {
    fn from(token: &TokenIdentity) -> Self {
        Self {
            label: token.label.clone(),
            serial: token.serial.clone(),
            manufacturer: token.manufacturer.clone(),
            model: token.model.clone(),
            firmware: token.firmware,
        }
    }
}

impl PlannedKey {
    /// The scheme, unless there is none of that name.
    pub(super) fn scheme(&self) -> Result<&'static Scheme, CeremonyError> {
        Scheme::by_name(&self.scheme).ok_or_else(|| malformed(KIND, "a scheme that is none"))
    }

    fn spec(&self) -> Result<KeySpec, CeremonyError> {
        let id =
            from_hex(&self.id).ok_or_else(|| malformed(KIND, "an id that is not hexadecimal"))?;
        Ok(KeySpec::new(self.scheme()?, &self.label, &id)?)
    }
}

impl Plan {
    /// A plan to make `keys` in `token`.
    ///
    /// # Errors
    /// [`CeremonyError::Keys`] when there are none or two have one name; [`Error::Random`].
    pub fn new(
        module: ModuleIdentity,
        token: &TokenIdentity,
        keys: &[KeySpec],
        witnesses: &[String],
    ) -> Result<Self, CeremonyError> {
        let nonce: [u8; 16] = HwCrypto::default()
            .random_array()
            .map_err(|_| Error::Random)?;
        let planned = |key: &KeySpec| PlannedKey {
            scheme: key.scheme().name.into(),
            label: key.label().into(),
            id: hex(key.id()),
        };
        let plan = Self {
            module,
            token: token.into(),
            keys: keys.iter().map(planned).collect(),
            witnesses: witnesses.to_vec(),
            prepared: time::now(),
            nonce: hex(&nonce),
        };
        plan.specs()?;
        Ok(plan)
    }

    /// Reads a plan from JSON.
    ///
    /// # Errors
    /// [`CeremonyError`] when it is no plan.
    pub fn from_json(json: &str) -> Result<Self, CeremonyError> {
        let plan: Self = super::read(KIND, json)?;
        plan.specs()?;
        Ok(plan)
    }

    /// The plan for people and programs, in JSON.
    ///
    /// # Errors
    /// [`CeremonyError::Unwritable`], which no plan that was read or drawn up gives.
    pub fn to_json(&self) -> Result<String, CeremonyError> {
        super::readable(KIND, self)
    }

    /// SHA-256 over the plan, in hexadecimal: what all who are present compare. Blanks in
    /// the file do not count, everything else does.
    ///
    /// # Errors
    /// As [`to_json`](Self::to_json).
    pub fn fingerprint(&self) -> Result<String, CeremonyError> {
        let text = [DOMAIN, &canonical(KIND, self)?].concat();
        Ok(fingerprint(text.as_bytes()))
    }

    /// The keys that are to be made.
    pub(super) fn specs(&self) -> Result<Vec<KeySpec>, CeremonyError> {
        let labels: BTreeSet<_> = self.keys.iter().map(|key| &key.label).collect();
        let ids: BTreeSet<_> = self.keys.iter().map(|key| &key.id).collect();
        if self.keys.is_empty() || labels.len().min(ids.len()) < self.keys.len() {
            return Err(CeremonyError::Keys);
        }
        self.keys.iter().map(PlannedKey::spec).collect()
    }

    pub(super) fn check_confirmed(&self, confirmed: &str) -> Result<(), CeremonyError> {
        let actual = self.fingerprint()?;
        if confirmed.eq_ignore_ascii_case(&actual) {
            return Ok(());
        }
        Err(CeremonyError::NotConfirmed(actual))
    }

    pub(super) fn check_place(
        &self,
        module: &ModuleIdentity,
        token: &TokenIdentity,
    ) -> Result<(), CeremonyError> {
        let same_file = self.module.sha256 == module.sha256;
        let token = TokenName::from(token);
        let (what, planned, found) = if !same_file || self.module.description != module.description
        {
            (
                "module",
                format!("{:?}", self.module),
                format!("{module:?}"),
            )
        } else if self.token != token {
            ("token", format!("{:?}", self.token), format!("{token:?}"))
        } else {
            return Ok(());
        };
        Err(CeremonyError::Elsewhere {
            what,
            planned,
            found,
        })
    }
}
