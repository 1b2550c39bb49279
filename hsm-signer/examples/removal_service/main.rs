//! The signer as a service: started on SoftHSM and SQLite, called as another server would,
//! with curl over its Unix socket; OpenMLS groups take in what it answers.
//!
//! ```text
//! cargo build --release -p mls_signer_cli
//! cargo run --release -p mls_hsm_signer --features client --example removal_service -- --state .state
//! ```
//!
//! With `--keep` it then goes on until it is interrupted. The token is made anew at each
//! run.

#[path = "../remove_member/member.rs"]
#[allow(dead_code, reason = "the other example asks more of members")]
mod member;
#[path = "../remove_member/narration.rs"]
#[allow(dead_code, reason = "the other example says more")]
mod narration;
#[path = "../remove_member/removal_keys.rs"]
mod removal_keys;
mod server;
#[path = "../remove_member/state.rs"]
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

/// The signer as a service, called by curl.
#[derive(Parser)]
struct Arguments {
    /// The directory for this run's token, PIN, socket and database
    #[arg(long, default_value = ".state")]
    state: PathBuf,
    /// Keep the service running until it is interrupted
    #[arg(long)]
    keep: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => narration::failed(error.as_ref()),
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let state = state::State::enter(&arguments.state, "removal-service")?;
    let start = Instant::now();
    println!(
        "The signer as a service: keys in an HSM, called over HTTP by servers in any language."
    );
    drop(removal_keys::make(&state)?);
    let mut server = server::Server::start(&state)?;
    for suite in SUITES {
        story::tell(suite, &server)?;
    }
    if arguments.keep {
        server.keep()?;
    }
    server.stop()?;
    println!(
        "\nDone in {:.2} s: {} groups took in what the service signed.",
        start.elapsed().as_secs_f64(),
        SUITES.len()
    );
    Ok(())
}
