//! The removal keys in the Helm values of Wire's server:
//!
//! ```yaml
//! galley:
//!   secrets:
//!     mlsPrivateKeys:
//!       removal:
//!         ed25519: |
//!           -----BEGIN PRIVATE KEY-----
//!           ...
//!         ecdsa_secp256r1_sha256: ...
//!         ecdsa_secp384r1_sha384: ...
//!         ecdsa_secp521r1_sha512: ...
//! ```
//!
//! Wire's server needs all four once one is set, and so does this.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

use mls_hsm_signer::{PrivateKey, Scheme};

use crate::failure::Failure;

/// Where in the file the keys are.
const PATH: &str = "galley.secrets.mlsPrivateKeys.removal";

#[derive(Deserialize)]
struct Values {
    galley: Galley,
}

#[derive(Deserialize)]
struct Galley {
    secrets: Secrets,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secrets {
    mls_private_keys: Purposes,
}

#[derive(Deserialize)]
struct Purposes {
    removal: BTreeMap<String, Secret>,
}

/// A text that is overwritten when dropped.
struct Secret(Zeroizing<String>);

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Zeroizing::new(text)))
    }
}

/// One of the file's keys, and where it is in the file.
pub struct WireKey {
    pub key: PrivateKey,
    /// Its place in the file, such as `galley.secrets.mlsPrivateKeys.removal.ed25519`.
    pub path: String,
}

/// Reads the four keys, in the order of [`SCHEMES`](crate::SCHEMES). The YAML parser makes copies of its
/// own that it does not overwrite: run this in a process that ends soon.
pub fn removal_keys(yaml: &str) -> Result<Vec<WireKey>, Failure> {
    let values: Values = serde_saphyr::from_str(yaml).map_err(|error| malformed(&error))?;
    let removal = values.galley.secrets.mls_private_keys.removal;
    let known = |name: &String| Scheme::by_name(name).is_some_and(|scheme| scheme.of_wire);
    if let Some(place) = removal.keys().position(|name| !known(name)) {
        return Err(unusable(format!(
            "entry {} of {PATH} is none of the four keys",
            place + 1
        )));
    }
    Scheme::all_of_wire()
        .map(|scheme| read(scheme, removal.get(scheme.name)))
        .collect()
}

fn read(scheme: &Scheme, pem: Option<&Secret>) -> Result<WireKey, Failure> {
    let path = format!("{PATH}.{}", scheme.name);
    let pem = pem.ok_or_else(|| unusable(format!("{path} is missing, and all four are needed")))?;
    let key = PrivateKey::from_pem(&pem.0).map_err(|error| unusable(format!("{path}: {error}")))?;
    if key.scheme().signature_scheme != scheme.signature_scheme {
        return Err(unusable(format!(
            "{path} holds a key of {}",
            key.scheme().title
        )));
    }
    Ok(WireKey { key, path })
}

/// Says where, and never what the file holds: the parser's own message may quote it.
fn malformed(error: &serde_saphyr::Error) -> Failure {
    let place = error.location().map_or_else(String::new, |place| {
        format!(" (line {}, column {})", place.line(), place.column())
    });
    unusable(format!(
        "no {PATH} can be read in it{place}; it must be YAML with the four keys there, in PEM"
    ))
}

/// What is wrong with the values, and where; nothing of the file's content.
fn unusable(reason: String) -> Failure {
    Failure::Message(format!("the Helm values cannot be used: {reason}"))
}
