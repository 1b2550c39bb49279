//! The key that `keys retire` and `keys destroy` are about, and what they say of it.

use std::sync::Arc;

use clap::Args;
use mls_hsm_signer::encoding;
use mls_hsm_signer::{Error, Token};
use serde_json::json;

use crate::Outcome;
use crate::connection::{Bytes, TokenArguments, base64};
use crate::output::Output;

#[derive(Args)]
pub struct OldKeyArguments {
    #[command(flatten)]
    token: TokenArguments,
    /// The public key as MLS carries it, in base64: keys list shows it
    #[arg(long, value_name = "BASE64", value_parser = base64)]
    public_key: Bytes,
}

impl OldKeyArguments {
    /// The token, and the public key.
    pub fn open(&self) -> Result<(Arc<dyn Token>, &[u8]), Error> {
        Ok((self.token.open()?, &self.public_key.0))
    }

    /// Says that the key of this label is in a new state.
    pub fn report(&self, label: &str, state: &str, output: &Output) -> Outcome {
        let public_key = encoding::base64(&self.public_key.0);
        let value = json!({ "label": label, "public_key": public_key, "state": state });
        output.result(&value, &format!("{label}\n  {state}: {public_key}"))
    }
}
