//! `keys generate`: new keys, made in the token.

use clap::Args;
use mls_hsm_signer::{Error, KeySpec, Scheme, Token, keys};

use super::description;
use crate::Outcome;
use crate::connection::{Bytes, TokenArguments, hexadecimal, or_those_of_wire, scheme_parser};
use crate::failure::Failure;
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// A scheme to make a key for, as often as needed [default: of the four of Wire's server, those
    /// that the token can sign with and has no key for]
    #[arg(long, value_parser = scheme_parser())]
    scheme: Vec<&'static Scheme>,
    /// The key's label, with one scheme only [default: mls-removal-SCHEME]
    #[arg(long, allow_hyphen_values = true)]
    label: Option<String>,
    /// The key's id in hexadecimal, with one scheme only [default: random]
    #[arg(long, value_name = "HEX", value_parser = hexadecimal)]
    id: Option<Bytes>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let mut specs = specs(arguments)?;
    let token = arguments.token.open(output)?;
    if arguments.scheme.is_empty() {
        for error in leave_out_impossible(token.as_ref(), &mut specs)? {
            output.note(&format!("not made: {error}"));
        }
    }
    let made = keys::generate_all(&token, &specs)?;
    let (values, text) = description::all(made.iter().map(description::of_signer));
    let label = specs.first().map(KeySpec::label);
    let next = label.map_or(description::RELOAD, description::what_is_next);
    output.result(&values, &format!("{text}\n{next}"))
}

/// Leaves those out that the token cannot sign with and those that it has, and says why; an error where
/// that is all.
fn leave_out_impossible(token: &dyn Token, specs: &mut Vec<KeySpec>) -> Result<Vec<Error>, Error> {
    let (mut possible, mut impossible) = (Vec::new(), Vec::new());
    for spec in specs.drain(..) {
        match keys::check_possible(token, &spec) {
            Ok(()) => possible.push(spec),
            Err(error) if is_of_scheme(&error) => impossible.push(error),
            Err(error) => return Err(error),
        }
    }
    *specs = possible;
    match impossible.pop_if(|_| specs.is_empty()) {
        Some(last) => Err(last),
        None => Ok(impossible),
    }
}

/// Whether the other schemes are none the worse for it.
fn is_of_scheme(error: &Error) -> bool {
    matches!(
        error,
        Error::KeyExists(_)
            | Error::SchemeUnsupported(_)
            | Error::SchemeBroken(_)
            | Error::SchemeNotApproved(_)
    )
}

fn specs(arguments: &Arguments) -> Result<Vec<KeySpec>, Failure> {
    let schemes = or_those_of_wire(&arguments.scheme)?;
    if schemes.len() > 1 && (arguments.label.is_some() || arguments.id.is_some()) {
        return Err(Failure::Usage(
            "--label and --id name one key; say which with one --scheme".into(),
        ));
    }
    let spec = |scheme| spec(scheme, arguments.label.as_deref(), arguments.id.as_ref());
    schemes.into_iter().map(spec).collect()
}

/// What a new key is to be, with the defaults for what was not said.
pub fn spec(
    scheme: &'static Scheme,
    label: Option<&str>,
    id: Option<&Bytes>,
) -> Result<KeySpec, Failure> {
    let label = label.map_or_else(|| scheme.default_label(), str::to_owned);
    let spec = match id {
        Some(id) => KeySpec::new(scheme, &label, id),
        None => KeySpec::with_random_id(scheme, &label),
    };
    spec.map_err(Failure::of_name)
}
