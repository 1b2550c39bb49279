//! `keys public`: public keys for groups, servers and Wire.

use clap::{Args, ValueEnum};
use mls_hsm_signer::encoding::public_key::{self, SchemeKey};
use mls_hsm_signer::{Error, KeySelector, Scheme, Token, keys};

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
    let keys = match arguments.key.selector() {
        Some(selector) => found(token.as_ref(), &selector)?,
        None => default_keys(token.as_ref(), &arguments.scheme)?,
    };
    if keys.is_empty() {
        return Err("the token has no such key; see: mls-hsm-signer keys list".into());
    }
    output.print(&formatted(&keys, arguments.format)?)
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

fn default_keys(token: &dyn Token, named: &[&'static Scheme]) -> Result<Vec<SchemeKey>, Error> {
    let schemes = or_those_of_wire(named).into_iter();
    let of_scheme = schemes.map(|scheme| found(token, &KeySelector::label(scheme.default_label())));
    Ok(of_scheme.collect::<Result<Vec<_>, _>>()?.concat())
}

/// The keys that `selector` describes; one that is not usable is an error.
fn found(token: &dyn Token, selector: &KeySelector) -> Result<Vec<SchemeKey>, Error> {
    keys::list(token, selector)?
        .into_iter()
        .map(|entry| entry.key)
        .collect()
}
