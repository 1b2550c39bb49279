//! `keys rotate`: the next generation of a scheme's key, under a label that no key has had.

use clap::Args;
use mls_hsm_signer::keys::{self, generation};
use mls_hsm_signer::{KeySpec, Scheme};

use super::description;
use crate::Outcome;
use crate::connection::{TokenArguments, scheme_parser};
use crate::failure::Failure;
use crate::output::Output;
use crate::runtime::wait;
use crate::server::ServerArguments;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The scheme to make the next key for
    #[arg(long, value_parser = scheme_parser())]
    scheme: &'static Scheme,
    /// With --server: the labels that this service has known are not taken again, even where the token
    /// knows nothing of their keys any more
    #[command(flatten)]
    server: ServerArguments,
    /// The service's tenant, where this caller has several
    #[arg(long, value_name = "NAME", requires = "server")]
    tenant: Option<String>,
    /// The generation to make, which must be newer than all that are known [default: the one after them]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=i64::from(generation::LAST)))]
    generation: Option<u32>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let of_service = of_service(arguments)?;
    let token = arguments.token.open(output)?;
    let of_token = generation::newest_used(token.as_ref(), arguments.scheme)?;
    let number = next(of_token.max(of_service), arguments.generation)?;
    let label = generation::label(arguments.scheme, number);
    let spec = KeySpec::with_random_id(arguments.scheme, &label)?;
    let signer = keys::generate(&token, &spec)?;
    if !arguments.server.is_given() && arguments.generation.is_none() {
        output.note(
            "the token alone was asked which generations there have been. If a newer key was destroyed \
             there, its label is taken again, and a service that has known that key refuses this one: \
             ask the service too (--server unix:PATH), or choose a newer one (--generation NUMBER)",
        );
    }
    let entry = description::of_signer(&signer);
    let text = format!(
        "{}\nnew groups name this key once a service that runs has read its keys again; groups that name \
         an older one keep it. {}",
        description::text(&entry),
        description::RELOAD
    );
    output.result(&description::value(&entry), &text)
}

/// The newest generation that the service has known; 0 where none is asked.
fn of_service(arguments: &Arguments) -> Result<u32, Failure> {
    if !arguments.server.is_given() {
        return Ok(0);
    }
    let client = arguments.server.client()?;
    let known = wait(client.keys(arguments.tenant.as_deref()))?;
    let own = known.keys.into_iter().map(|key| key.label);
    let refused = known.refused.into_iter().map(|key| key.label);
    let labels = known.known_labels.into_iter().chain(own).chain(refused);
    let numbers = labels.filter_map(|label| generation::number_of(&label, arguments.scheme));
    Ok(numbers.max().unwrap_or_default())
}

fn next(newest: u32, wanted: Option<u32>) -> Result<u32, Failure> {
    match wanted {
        Some(wanted) if wanted <= newest => Err(format!(
            "--generation {wanted}: generation {newest} is known, so that this number is another key's \
             or may have been; choose a newer one"
        )
        .into()),
        Some(wanted) => Ok(wanted),
        None => Ok(generation::following(newest)?),
    }
}
