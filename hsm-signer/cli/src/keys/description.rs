//! How one key is described, to a person and to a program.

use mls_hsm_signer::HsmSigner;
use mls_hsm_signer::encoding::{base64, hex};
use mls_hsm_signer::keys::KeyEntry;
use mls_hsm_signer::keys::generation::check_label;
use mls_hsm_signer::message::printable::printable;
use mls_hsm_signer::token::Protection;
use serde_json::{Value, json};

use crate::output::columns;

/// What is to be done after a change of the keys.
pub const RELOAD: &str = "A service reads its keys again at SIGHUP: systemctl reload mls-hsm-signer, or \
                          mls-hsm-signer reload --server unix:PATH";

/// The same for a key that is none of removals.
const RESTART: &str = "Where it is the key of audit_key_label, a service takes it over at its start alone: \
                       systemctl restart mls-hsm-signer";

/// What is to be done about a new key of this label.
pub fn what_is_next(label: &str) -> &'static str {
    match check_label(label) {
        Ok(()) => RELOAD,
        Err(_) => RESTART,
    }
}

/// Several keys, for a program and for a person.
pub fn all(keys: impl IntoIterator<Item = KeyEntry>) -> (Value, String) {
    let keys = keys.into_iter();
    let (values, texts): (Vec<_>, Vec<_>) = keys.map(|key| (value(&key), text(&key))).unzip();
    (values.into(), texts.join("\n"))
}

/// A key that can sign, as a listing has it.
pub fn of_signer(signer: &HsmSigner) -> KeyEntry {
    KeyEntry {
        object: signer.object().clone(),
        key: Some((signer.scheme(), signer.public_key().to_vec())),
        refusal: None,
    }
}

/// For a person.
pub fn text(entry: &KeyEntry) -> String {
    let object = &entry.object;
    let mut rows = Vec::new();
    if let Some((scheme, key)) = &entry.key {
        rows.push(("scheme", format!("{} ({})", scheme.title, scheme.name)));
        // What is no removal key is not to be used as one.
        if entry.refusal.is_none() {
            rows.push(("public key", base64(key)));
        }
    }
    if let Some(reason) = &entry.refusal {
        rows.push(("unusable", reason.to_string()));
    }
    rows.push(("protection", object.protection().to_string()));
    rows.push((
        "id",
        match object.id.as_slice() {
            [] => "none".into(),
            id => hex(id),
        },
    ));
    let label = match object.label.as_str() {
        "" => "\"\"".into(),
        label => printable(label),
    };
    format!("{label}\n{}", columns(&rows))
}

/// For a program.
pub fn value(entry: &KeyEntry) -> Value {
    let object = &entry.object;
    let mut value = json!({
        "label": object.label,
        "id": hex(&object.id),
        "protection": match object.protection() {
            Protection::MadeInToken => "made-in-token",
            Protection::Imported => "imported",
            Protection::Faulty(_) => "faulty",
        },
    });
    if let Some((scheme, key)) = &entry.key {
        value["scheme"] = scheme.name.into();
        if entry.refusal.is_none() {
            value["public_key"] = base64(key).into();
        }
    }
    if let Some(reason) = &entry.refusal {
        value["unusable"] = reason.to_string().into();
    }
    if let Protection::Faulty(faults) = object.protection() {
        value["faults"] = faults.into();
    }
    value
}
