//! `status`: asks a service whether it can sign and record, and with which keys.

use clap::Args;
use mls_hsm_signer::api::{KeyDescription, KeysResponse, RefusedKey};
use mls_hsm_signer::client::Patience;
use mls_hsm_signer::message::printable::printable;
use serde_json::json;

use crate::Outcome;
use crate::output::{Output, columns};
use crate::runtime::wait;
use crate::server::ServerArguments;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// Ask only whether the process serves, for a supervisor that would restart it
    #[arg(long)]
    alive: bool,
    /// Show the keys that it signs with, and those that it refuses; for callers that may read keys
    #[arg(long, conflicts_with = "alive")]
    keys: bool,
    /// With --keys: the tenant, where this caller has several
    #[arg(long, value_name = "NAME", requires = "keys")]
    tenant: Option<String>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let client = arguments.server.client_with(Patience::ONCE)?;
    if arguments.keys {
        let keys = wait(client.keys(arguments.tenant.as_deref()))?;
        return output.result(&json!(keys), &text(&keys));
    }
    if arguments.alive {
        wait(client.alive())?;
        return output.result(&json!({ "alive": true }), "alive");
    }
    let readiness = wait(client.ready())?;
    let text = format!("ready; FIPS 140-3: {:?}", readiness.fips.status);
    output.result(&json!(readiness), &text)
}

/// The keys as `keys list` has a token's, those that sign first.
fn text(keys: &KeysResponse) -> String {
    let texts = keys.keys.iter().map(in_use);
    let texts: Vec<_> = texts.chain(keys.refused.iter().map(refused)).collect();
    texts.join("\n")
}

fn in_use(key: &KeyDescription) -> String {
    let groups = match key.current {
        true => "new ones and those that have it",
        false => "those that have it",
    };
    let mut rows = vec![
        ("scheme", key.signature_scheme.clone()),
        ("public key", key.public_key.clone()),
        ("protection", key.protection.clone()),
        ("groups", groups.into()),
    ];
    rows.extend(key.tokens.as_deref().map(|names| ("tokens", tokens(names))));
    format!("{}\n{}", printable(&key.label), columns(&rows))
}

fn tokens(names: &[String]) -> String {
    match names.is_empty() {
        true => "none at present".into(),
        false => printable(&names.join(", ")),
    }
}

fn refused(key: &RefusedKey) -> String {
    let rows = [("unusable", key.reason.clone()), ("id", key.id.clone())];
    format!("{}\n{}", printable(&key.label), columns(&rows))
}
