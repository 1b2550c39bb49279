//! `keys rotate`: the next generation of a scheme's key, under a label that no key has had.

use clap::Args;
use mls_hsm_signer::api::KeysResponse;
use mls_hsm_signer::client::Patience;
use mls_hsm_signer::encoding::base64;
use mls_hsm_signer::keys::{self, generation};
use mls_hsm_signer::message::printable::printable;
use mls_hsm_signer::{KeySpec, Scheme, Token};

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
    let mut newest = generation::newest_used(token.as_ref(), arguments.scheme)?;
    if let Some(service) = of_service {
        check_same_token(token.as_ref(), &service)?;
        newest = newest.max(newest_known(service, arguments.scheme)?);
    }
    let number = next(newest, arguments.generation)?;
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
    if number == generation::LAST {
        output.note("this generation is the last: no rotation follows it");
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

/// What the service says of its keys, if one is to be asked.
fn of_service(arguments: &Arguments) -> Result<Option<KeysResponse>, Failure> {
    if !arguments.server.is_given() {
        return Ok(None);
    }
    let client = arguments.server.client_with(Patience::ONCE)?;
    Ok(Some(wait(client.keys(arguments.tenant.as_deref()))?))
}

/// A service that signs with keys of which the token has none says nothing of the token's labels.
fn check_same_token(token: &dyn Token, service: &KeysResponse) -> Result<(), Failure> {
    let keys = generation::removal_keys(token)?.generations;
    let has = |public_key: &str| keys.iter().any(|key| base64(&key.public_key) == public_key);
    if service.keys.is_empty() || service.keys.iter().any(|key| has(&key.public_key)) {
        return Ok(());
    }
    Err(format!(
        "the service signs for {} with none of this token's keys: it serves another token. Name its own \
         (--server), and the tenant that the token is of (--tenant)",
        printable(&service.tenant)
    )
    .into())
}

/// The newest generation that the service has known; 0 where it has known none.
fn newest_known(service: KeysResponse, scheme: &Scheme) -> Result<u32, Failure> {
    let known = service.known_labels.ok_or(
        "the service does not say which labels it has known, for it is of an older version, and so may have \
         known any; start this version, or choose a number that no key has had (--generation NUMBER, \
         without --server)",
    )?;
    let own = service.keys.into_iter().map(|key| key.label);
    let refused = service.refused.into_iter().map(|key| key.label);
    let labels = known.into_iter().chain(own).chain(refused);
    let numbers = labels.filter_map(|label| generation::number_of(&label, scheme));
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
