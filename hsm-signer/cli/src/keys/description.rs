//! How one key is described, to a person and to a program.

use mls_hsm_signer::encoding::{base64, hex};
use mls_hsm_signer::keys::KeyEntry;
use mls_hsm_signer::token::{KeyObject, Protection};
use mls_hsm_signer::{HsmSigner, Scheme};
use serde_json::{Value, json};

use crate::output::columns;

/// Several keys, for a program and for a person.
pub fn all<'a>(keys: impl Iterator<Item = Description<'a>>) -> (Value, String) {
    let (values, texts): (Vec<_>, Vec<_>) = keys.map(|key| (key.value(), key.text())).unzip();
    (values.into(), texts.join("\n"))
}

/// A key with what a listing says of it.
pub struct Description<'a> {
    object: &'a KeyObject,
    key: Result<(&'static Scheme, &'a [u8]), String>,
}

impl<'a> Description<'a> {
    /// Describes a key that can sign.
    pub fn of_signer(signer: &'a HsmSigner) -> Self {
        Self {
            object: signer.object(),
            key: Ok((signer.scheme(), signer.public_key())),
        }
    }

    /// Describes a key that may be unusable.
    pub fn of_entry(entry: &'a KeyEntry) -> Self {
        let key = entry
            .key
            .as_ref()
            .map(|(scheme, key)| (*scheme, key.as_slice()));
        Self {
            object: &entry.object,
            key: key.map_err(ToString::to_string),
        }
    }

    /// For a person.
    pub fn text(&self) -> String {
        let mut rows = match &self.key {
            Ok((scheme, key)) => vec![
                ("scheme", format!("{} ({})", scheme.title, scheme.name)),
                ("public key", base64(key)),
            ],
            Err(reason) => vec![("unusable", reason.clone())],
        };
        rows.push(("protection", self.object.protection().to_string()));
        rows.push(("id", hex(&self.object.id)));
        format!("{}\n{}", self.object.label, columns(&rows))
    }

    /// For a program.
    pub fn value(&self) -> Value {
        let mut value = json!({
            "label": self.object.label,
            "id": hex(&self.object.id),
            "protection": match self.object.protection() {
                Protection::MadeInToken => "made-in-token",
                Protection::Imported => "imported",
                Protection::Faulty(_) => "faulty",
            },
        });
        match &self.key {
            Ok((scheme, key)) => {
                value["scheme"] = scheme.name.into();
                value["public_key"] = base64(key).into();
            }
            Err(reason) => value["unusable"] = reason.as_str().into(),
        }
        if let Protection::Faulty(faults) = self.object.protection() {
            value["faults"] = faults.into();
        }
        value
    }
}
