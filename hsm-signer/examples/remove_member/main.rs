//! A member removed from MLS groups by a server that holds no group state, with a key
//! that never leaves a hardware security module.
//!
//! ```text
//! cargo run --release -p mls_hsm_signer --example remove_member -- --state .state
//! ```
//!
//! The HSM is SoftHSM, a software token, kept in `<state>/remove-member` and made anew
//! at each run. Everything else is what a deployment does:
//!
//! | | |
//! |---|---|
//! | `state` | the directory of this run, and SoftHSM's configuration in it |
//! | `removal_keys` | the token and the four removal keys in it |
//! | `server` | the removal server: group id, epoch, leaf index in; signed proposal out |
//! | `member` | a client in a group, on any OpenMLS provider |
//! | `story` | one group: formed, a member removed, checked |
//! | `narration` | what is printed |

mod member;
mod narration;
mod removal_keys;
mod server;
mod state;
mod story;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use openmls_traits::types::Ciphersuite;

/// Any failure ends the run; its text says what was off.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// One suite for each of the four signature schemes.
const SUITES: [Ciphersuite; 4] = [
    Ciphersuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519,
    Ciphersuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    Ciphersuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
    Ciphersuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
];

/// A member removed from MLS groups by an HSM-signed proposal.
#[derive(Parser)]
struct Arguments {
    /// The directory for this run's token and PIN
    #[arg(long, default_value = ".state")]
    state: PathBuf,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => narration::failed(error.as_ref()),
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let state = state::State::enter(&arguments.state, "remove-member")?;
    let start = Instant::now();
    narration::title();
    let keys = removal_keys::make(&state)?;
    let server = server::RemovalServer::new(keys);
    for suite in SUITES {
        story::tell(suite, &server)?;
    }
    narration::end(SUITES.len(), start.elapsed());
    Ok(())
}
