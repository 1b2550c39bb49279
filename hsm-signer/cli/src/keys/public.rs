//! `keys public`: public keys for groups, servers and Wire.

use clap::{Args, ValueEnum};
use mls_hsm_signer::encoding::public_key::{self, SchemeKey};
use mls_hsm_signer::keys::generation::{
    RefusedKey, RemovalKeys, check_in_use, check_label, removal_keys,
};
use mls_hsm_signer::keys::{self, KeyEntry};
use mls_hsm_signer::token::KeyClass;
use mls_hsm_signer::{Error, KeySelector, Scheme};

use crate::Outcome;
use crate::connection::{KeyArguments, TokenArguments, or_those_of_wire, scheme_parser};
use crate::failure::Failure;
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
    /// One key [default: of each scheme the newest that can sign]
    #[command(flatten)]
    key: KeyArguments,
    /// A scheme whose newest key that can sign is wanted, as often as needed [default: the four of
    /// Wire's server]
    #[arg(long, value_parser = scheme_parser(), conflicts_with_all = ["label", "id"])]
    scheme: Vec<&'static Scheme>,
    /// How to print them
    #[arg(long, value_enum, default_value = "raw")]
    format: Format,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let schemes = or_those_of_wire(&arguments.scheme)?;
    let token = arguments.token.open(output)?;
    let found = match arguments.key.selector() {
        Some(selector) => {
            if let Some(Err(error @ Error::KeyLabel { .. })) =
                arguments.key.label().map(check_label)
            {
                return Err(Failure::of_name(error));
            }
            let entries = keys::list(token.as_ref(), &selector)?;
            if entries.is_empty() {
                let missing = Error::KeyNotFound {
                    class: KeyClass::Private.title(),
                    wanted: selector.to_string(),
                };
                return Err(missing.into());
            }
            Found::among(entries, arguments.format)
        }
        None => Found::current(&removal_keys(token.as_ref())?, &schemes),
    };
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
    /// Those that the arguments name. What is not PEM says of each that it is a removal key.
    fn among(entries: Vec<KeyEntry>, format: Format) -> Self {
        let mut found = Self::default();
        for entry in entries {
            let of_removals = match format {
                Format::Raw | Format::Jwk => check_in_use(&entry.object.label),
                Format::Pem => Ok(()),
            };
            match (entry.refusal.or(of_removals.err()), entry.key) {
                (None, Some(key)) => found.keys.push(key),
                (Some(reason), _) => {
                    let (label, id) = (entry.object.label, entry.object.id);
                    let names = KeySelector::label_and_id(label, id);
                    found.refused.push(format!("the key {names}: {reason}"));
                }
                (None, None) => {}
            }
        }
        found
    }

    /// The current one of each scheme, as a service shows it.
    fn current(all: &RemovalKeys, schemes: &[&'static Scheme]) -> Self {
        let mut found = Self::default();
        for scheme in schemes {
            if let Ok(key) = all.current(scheme) {
                found.keys.push((key.scheme, key.public_key.clone()));
            }
            let of_scheme =
                |key: &&RefusedKey| key.scheme().is_some_and(|own| own.name == scheme.name);
            let refused = all.refused.iter().filter(of_scheme);
            found.refused.extend(refused.map(ToString::to_string));
        }
        found
    }
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
