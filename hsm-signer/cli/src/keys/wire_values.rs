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
//! Wire's server needs all four once one is set, and so does this. The file is read as Helm reads
//! it: of two equal names the last counts. What else is in the file, and in other documents of
//! it, does not matter; Wire's chart takes no other key from there either.

use std::collections::BTreeMap;
use std::thread;

use serde::{Deserialize, Deserializer};
use serde_saphyr::DuplicateKeyPolicy;
use zeroize::Zeroizing;

use mls_hsm_signer::encoding::EncodingError;
use mls_hsm_signer::encoding::key_file::NotPkcs8;
use mls_hsm_signer::{PrivateKey, Scheme};

use crate::failure::Failure;

/// Where in the file the keys are.
const PATH: &str = "galley.secrets.mlsPrivateKeys.removal";

/// How deep Helm's parser lets values be nested.
const DEPTH: usize = 10_000;

/// A stack with room for values so deep, in bytes; what is not used is not there.
const ROOM: usize = 1 << 30;

/// Other places at which operators have them, and whose form that is.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "wire-server.galley.secrets.mlsPrivateKeys.removal",
        "the values of a chart above Wire's",
    ),
    (
        "secrets.mlsPrivateKeys.removal",
        "the values of galley's own chart",
    ),
    ("mlsPrivateKeys.removal", "a part of the values"),
    ("removal", "a part of the values"),
];

/// What errors of a key's own file mean where the key is an entry among values.
const OF_THE_ENTRY: &str = "Here FILE is one that holds this entry's key alone, not the values: copy the \
                            key there, and put what comes out in the place of the entry, or import it \
                            by itself with --pkcs8";

#[derive(Default, Deserialize)]
struct Values {
    galley: Option<Galley>,
}

#[derive(Deserialize)]
struct Galley {
    secrets: Option<Secrets>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secrets {
    mls_private_keys: Option<Purposes>,
}

#[derive(Deserialize)]
struct Purposes {
    removal: Option<Removal>,
}

type Removal = BTreeMap<String, Option<Secret>>;

impl Values {
    /// The keys, or the first name on the way to them that is not there.
    fn removal(self) -> Result<Removal, &'static str> {
        let galley = self.galley.ok_or("galley")?;
        let secrets = galley.secrets.ok_or("galley.secrets")?;
        let keys = secrets.mls_private_keys;
        let keys = keys.ok_or("galley.secrets.mlsPrivateKeys")?;
        keys.removal.ok_or(PATH)
    }
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

/// The keys that Wire's server has, and what else stands beside them.
pub struct WireKeys {
    /// In the order of [`SCHEMES`](crate::SCHEMES).
    pub keys: Vec<WireKey>,
    /// Entries that are none of the four.
    pub others: Vec<String>,
}

/// Reads the four keys. The YAML parser makes copies of its own that it does not overwrite: run this
/// in a process that ends soon.
pub fn removal_keys(yaml: &str) -> Result<WireKeys, Failure> {
    if yaml.starts_with("$ANSIBLE_VAULT;") {
        let reason = "ansible-vault has encrypted the file; decrypt it: ansible-vault view FILE";
        return Err(unusable(reason.into()));
    }
    let removal = with_room(|| removal(yaml))?;
    let known = |name: &String| Scheme::by_name(name).is_some_and(|scheme| scheme.of_wire);
    let others = removal.keys().filter(|name| !known(name));
    let others = others.map(|name| format!("{} at {PATH}: none of the four keys", shown(name)));
    let keys = Scheme::all_of_wire().map(|scheme| read(scheme, removal.get(scheme.name)));
    Ok(WireKeys {
        others: others.collect(),
        keys: keys.collect::<Result<_, _>>()?,
    })
}

/// Values may be nested as deep as Helm takes them, and the parser goes down with them.
fn with_room<T: Send>(read: impl FnOnce() -> Result<T, Failure> + Send) -> Result<T, Failure> {
    thread::scope(|scope| {
        let reader = thread::Builder::new().stack_size(ROOM);
        let reader = reader.spawn_scoped(scope, read);
        let reader = reader.map_err(|error| format!("no thread to read the values: {error}"))?;
        let panicked = |_| Failure::from("the values could not be read");
        reader.join().map_err(panicked)?
    })
}

/// A name in the file, if it is written as names of schemes are: it may be a part of a key that
/// stands in the wrong place.
fn shown(name: &String) -> String {
    const LONGEST: usize = 40;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    if name.len() <= LONGEST && name.chars().all(is_name) {
        format!("{name:?} is")
    } else {
        "an entry that is named as no scheme is".into()
    }
}

/// What is at [`PATH`] in the one document that has something there.
fn removal(yaml: &str) -> Result<Removal, Failure> {
    let documents = documents::<Values>(yaml).map_err(|error| malformed(yaml, &error))?;
    let found: Vec<_> = documents.into_iter().map(Values::removal).collect();
    // Of several that lack something, the one that has the most of the way tells most.
    let missing = found.iter().filter_map(|found| found.as_ref().err());
    let missing = missing.max_by_key(|missing| missing.len()).copied();
    let mut found = found.into_iter().flatten();
    match (found.next(), found.next()) {
        (Some(removal), None) => Ok(removal),
        (Some(_), Some(_)) => Err(unusable(format!(
            "several documents in it have {PATH}; leave the one that is meant in a copy of the file"
        ))),
        (None, _) => Err(absent(yaml, missing.unwrap_or("galley"))),
    }
}

fn documents<'de, T: Deserialize<'de>>(yaml: &'de str) -> Result<Vec<T>, serde_saphyr::Error> {
    let budget = serde_saphyr::budget! { max_depth: DEPTH, flow_nesting_limit: DEPTH };
    let options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        budget: budget,
    };
    let documents: Vec<Option<T>> = serde_saphyr::from_multiple_with_options(yaml, options)?;
    Ok(documents.into_iter().flatten().collect())
}

/// The keys are not where they should be: perhaps they are somewhere else.
fn absent(yaml: &str, missing: &str) -> Failure {
    let documents = documents::<serde_json::Value>(yaml).unwrap_or_default();
    if documents
        .iter()
        .any(|document| document["kind"] == "Secret")
    {
        return unusable(
            "it is a Kubernetes Secret, no values; take each key out of it with kubectl get secret \
             and base64 -d, and import it with --pkcs8"
                .into(),
        );
    }
    let has = |path: &str| {
        let pointer = format!("/{}", path.replace('.', "/"));
        documents
            .iter()
            .any(|document| document.pointer(&pointer).is_some())
    };
    match ELSEWHERE.iter().find(|(path, _)| has(path)) {
        Some((path, form)) => unusable(format!(
            "the keys are at {path} in it ({form}), and are wanted at {PATH}; move them there in a \
             copy of the file"
        )),
        None => unusable(format!(
            "there is no {missing} in it, or nothing there; the keys are wanted at {PATH}"
        )),
    }
}

fn read(scheme: &Scheme, entry: Option<&Option<Secret>>) -> Result<WireKey, Failure> {
    let path = format!("{PATH}.{}", scheme.name);
    let entry =
        entry.ok_or_else(|| unusable(format!("{path} is missing, and all four are needed")))?;
    let pem = entry.as_ref().filter(|pem| !pem.0.trim().is_empty());
    let pem = pem.ok_or_else(|| unusable(format!("{path} is empty, and all four are needed")))?;
    let key = PrivateKey::from_pem(&pem.0).map_err(|error| match error {
        EncodingError::Encrypted | EncodingError::DecryptedOutside => unusable(format!(
            "{path} is encrypted, which Wire's server cannot read either; decrypt it: \
             openssl pkcs8 -topk8 -nocrypt -in FILE -out KEY.pem. {OF_THE_ENTRY}"
        )),
        // These are commands for the values as they are.
        error @ EncodingError::NotPkcs8(NotPkcs8::Sops) => unusable(format!("{path}: {error}")),
        EncodingError::NotPkcs8(NotPkcs8::AnsibleVault) => unusable(format!(
            "{path}: ansible-vault has encrypted this entry alone (!vault), which only Ansible reads; have it \
             write each key into a file, and import that with --pkcs8: ansible localhost -m \
             ansible.builtin.copy -a \"content='{{{{ {path} }}}}' dest={}.pem mode=0600\" -e @VALUES \
             --ask-vault-pass",
            scheme.name
        )),
        error => {
            let said = format!("{path}: {error}");
            unusable(match said.contains("FILE") || said.contains("COPY") {
                true => format!("{said}. {OF_THE_ENTRY}"),
                false => said,
            })
        }
    })?;
    if key.scheme().signature_scheme != scheme.signature_scheme {
        return Err(unusable(format!(
            "{path} holds a key of {}; are two of the keys swapped?",
            key.scheme().title
        )));
    }
    Ok(WireKey { key, path })
}

/// Says where, and never what the file holds: the parser's own message may quote it.
fn malformed(yaml: &str, error: &serde_saphyr::Error) -> Failure {
    let place = error.location();
    let line = place.and_then(|place| {
        yaml.lines()
            .nth(usize::try_from(place.line()).ok()?.checked_sub(1)?)
    });
    let line = line.unwrap_or_default();
    let place = place.map_or_else(String::new, |place| {
        format!(" (line {}, column {})", place.line(), place.column())
    });
    let indent: String = line.chars().take_while(|c| c.is_whitespace()).collect();
    let hint = if line.contains("{{") {
        "; a template stands there: give the values that it makes"
    } else if indent.contains('\t') {
        "; the line begins with a tab, and YAML wants spaces"
    } else {
        kind_of(error)
    };
    unusable(format!(
        "no {PATH} can be read in it{place}{hint}; it must be YAML with the four keys there, in PEM"
    ))
}

const TOO_DEEP: &str = "; something in it is nested deeper than any values are";

const TOO_OFTEN: &str =
    "; its aliases (*name) repeat more than any values do; write out what they stand for";

/// Of what kind the parser's error is, without what it quotes.
fn kind_of(error: &serde_saphyr::Error) -> &'static str {
    use serde_saphyr::Error;
    use serde_saphyr::budget::BudgetBreach;

    match error.without_snippet() {
        Error::Message { msg, .. } | Error::ExternalMessage { msg, .. }
            if msg.contains("recursion limit") =>
        {
            TOO_DEEP
        }
        Error::Budget {
            breach: BudgetBreach::Depth { .. },
            ..
        } => TOO_DEEP,
        Error::Budget {
            breach: BudgetBreach::Aliases { .. } | BudgetBreach::Anchors { .. },
            ..
        }
        | Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => TOO_OFTEN,
        // What an alias stands for is counted each time.
        Error::AliasError { error, .. } => match error.without_snippet() {
            Error::Budget { .. } => TOO_OFTEN,
            error => kind_of(error),
        },
        Error::Budget { .. } => "; it is larger than any values are",
        Error::UnknownAnchor { .. } => "; an alias (*name) there has no anchor (&name)",
        Error::Eof { .. } => "; it ends in the middle of something",
        Error::Unexpected { .. } | Error::SerdeInvalidType { .. } => {
            "; something else stands there than names with PEM texts"
        }
        Error::Message { .. } | Error::ExternalMessage { .. } => {
            "; the line is not indented as those before it are, or a colon or a quote is missing there"
        }
        _ => "",
    }
}

/// What is wrong with the values, and where; nothing of the file's content.
fn unusable(reason: String) -> Failure {
    Failure::Message(format!("the Helm values cannot be used: {reason}"))
}
