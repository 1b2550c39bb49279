//! `keys retire`: an old key out of use.

use mls_hsm_signer::keys::generation;

use super::old_key::OldKeyArguments;
use crate::Outcome;
use crate::output::Output;

pub fn run(arguments: &OldKeyArguments, output: &Output) -> Outcome {
    let (token, public_key) = arguments.open()?;
    let label = generation::retire(token.as_ref(), public_key)?;
    arguments.report(&label, "retired", output)
}
