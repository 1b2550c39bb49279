//! `ceremony prepare`: the plan of the keys that are to be made.

use std::path::PathBuf;

use clap::Args;
use mls_hsm_signer::keys::ceremony::{ModuleIdentity, Plan};
use mls_hsm_signer::keys::generation;
use mls_hsm_signer::{Error, KeySelector, KeySpec, Scheme, Token, keys};
use serde_json::json;

use super::files;
use crate::Outcome;
use crate::connection::{TokenArguments, or_those_of_wire, scheme_parser};
use crate::output::{Output, columns};

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    /// A scheme to make a key for, as often as needed [default: the four of Wire's server]
    #[arg(long, value_parser = scheme_parser())]
    scheme: Vec<&'static Scheme>,
    /// Make the next generation of keys that exist; else a label that exists is refused
    #[arg(long)]
    rotate: bool,
    /// Who is present, as often as needed
    #[arg(long, value_name = "NAME", required = true)]
    witness: Vec<String>,
    /// Where the plan is written; never over a file that exists
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let schemes = or_those_of_wire(&arguments.scheme)?;
    let (module, token) = arguments.token.open_here(output)?;
    let specs = specs(&schemes, arguments.rotate, token.as_ref())?;
    let module = ModuleIdentity::of(&module)?;
    let plan = Plan::new(module, token.identity(), &specs, &arguments.witness)?;
    let mut file = files::create(&arguments.out)?;
    files::write(&mut file, &arguments.out, &plan.to_json()?)?;
    let fingerprint = plan.fingerprint()?;
    let labels: Vec<_> = plan.keys.iter().map(|key| key.label.as_str()).collect();
    let text = columns(&[
        ("token", token.identity().to_string()),
        ("module", plan.module.description.clone()),
        ("keys", labels.join(", ")),
        ("witnesses", plan.witnesses.join(", ")),
        ("fingerprint", fingerprint.clone()),
    ]);
    let value = json!({ "fingerprint": fingerprint, "plan": plan });
    let text = format!("nothing was made yet; compare, then: ceremony perform\n{text}");
    output.result(&value, &text)
}

/// The keys that are to be made, none of which may exist.
fn specs(
    schemes: &[&'static Scheme],
    rotate: bool,
    token: &dyn Token,
) -> Result<Vec<KeySpec>, Error> {
    let spec = |scheme: &'static Scheme| {
        if rotate {
            return generation::next(token, scheme);
        }
        let label = scheme.default_label();
        let wanted = KeySelector::label(label.as_str());
        if !keys::list(token, &wanted)?.is_empty() {
            let wanted = wanted.to_string();
            return Err(Error::KeyExists(wanted));
        }
        KeySpec::with_random_id(scheme, &label)
    };
    schemes.iter().copied().map(spec).collect()
}
