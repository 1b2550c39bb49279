//! `doctor`: everything that a signature needs, checked one by one.

use crate::exit_code::ExitCode;

use clap::Args;
use mls_hsm_signer::KeySelector;
use mls_hsm_signer::doctor::{Verdict, examine};
use mls_hsm_signer::message::printable::printable;
use serde_json::json;

use crate::Outcome;
use crate::connection::{KeyArguments, TokenArguments};
use crate::output::Output;

#[derive(Args)]
pub struct Arguments {
    #[command(flatten)]
    token: TokenArguments,
    #[command(flatten)]
    key: KeyArguments,
}

pub fn run(arguments: Arguments, output: &Output) -> Outcome {
    let pin = arguments.token.pin.read()?;
    let keys = arguments.key.selector().unwrap_or_else(KeySelector::any);
    let rules = arguments.token.rules();
    output.loading(&arguments.token.module.module);
    let report = examine(&arguments.token.setup(), &pin, &keys, &rules);
    let healthy = report.healthy();
    let mut text = String::new();
    for check in &report.checks {
        let mark = match check.verdict {
            Verdict::Good => "ok    ",
            Verdict::Notice => "note  ",
            Verdict::Bad => "FAILED",
        };
        let (name, detail) = (printable(&check.name), printable(&check.detail));
        text += &format!("{mark}  {name}: {detail}\n");
    }
    text += if healthy { "healthy" } else { "not healthy" };
    output.result(
        &json!({ "healthy": healthy, "checks": report.checks }),
        &text,
    )?;
    Ok(ExitCode::from(u8::from(!healthy)))
}
