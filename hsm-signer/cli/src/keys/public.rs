//! `keys public`: public keys for groups, servers and Wire.

use clap::{Args, ValueEnum};
use mls_hsm_signer::encoding::hex;
use mls_hsm_signer::encoding::public_key::{self, SchemeKey};
use mls_hsm_signer::keys::{self, KeyEntry};
use mls_hsm_signer::{Error, KeySelector, Scheme};

use crate::Outcome;
use crate::connection::{KeyArguments, TokenArguments, or_those_of_wire, scheme_parser};
use crate::output::Output;

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// JSON of Wire's GET /mls/public-keys: standard base64
    Raw,
    /// JSON of Wire's GET /mls/public-keys?format=jwk
    Jwk,
    /// SubjectPublicKeyInfo in PEM
    Pem,
}

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// One key [default: those with the default labels, mls-removal-SCHEME]
    #[command(flatten)]
    key: KeyArguments,
    /// A scheme whose key with the default label is wanted, as often as needed [default: the
    /// four of Wire's server]
    #[arg(long, value_parser = scheme_parser(), conflicts_with_all = ["label", "id"])]
    scheme: Vec<&'static Scheme>,
    /// How to print them
    #[arg(long, value_enum, default_value = "raw")]
    format: Format,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let token = arguments.token.open()?;
    let selectors = arguments.key.selector().map_or_else(
        || default_labels(&arguments.scheme),
        |selector| vec![selector],
    );
    let mut found = Found::default();
    for selector in &selectors {
        found.add(keys::list(token.as_ref(), selector)?);
    }
    if found.keys.is_empty() {
        return Err(match found.refused.join("; ") {
            none if none.is_empty() => {
                "the token has no such key; see: mls-hsm-signer keys list".into()
            }
            refused => format!("no such key can be used: {refused}").into(),
        });
    }
    for refused in &found.refused {
        output.note(&format!("left out: {refused}"));
    }
    output.print(&formatted(&found.keys, arguments.format)?)
}

/// The keys that can sign, and why the others cannot.
#[derive(Default)]
struct Found {
    keys: Vec<SchemeKey>,
    refused: Vec<String>,
}

impl Found {
    fn add(&mut self, entries: Vec<KeyEntry>) {
        for entry in entries {
            match (entry.refusal, entry.key) {
                (None, Some(key)) => self.keys.push(key),
                (Some(reason), _) => {
                    let (label, id) = (&entry.object.label, hex(&entry.object.id));
                    self.refused.push(format!("{label:?} (id {id}): {reason}"));
                }
                (None, None) => {}
            }
        }
    }
}

fn default_labels(named: &[&'static Scheme]) -> Vec<KeySelector> {
    let schemes = or_those_of_wire(named).into_iter();
    let labels = schemes.map(|scheme| KeySelector::label(scheme.default_label()));
    labels.collect()
}

fn formatted(keys: &[SchemeKey], format: Format) -> Result<String, Error> {
    Ok(match format {
        Format::Raw => public_key::wire_raw(keys)?.to_string(),
        Format::Jwk => public_key::wire_jwk(keys)?.to_string(),
        Format::Pem => keys
            .iter()
            .map(public_key::pem)
            .collect::<Result<String, _>>()?,
    })
}
