//! `mls-hsm-signer`: removal keys in a PKCS#11 token, from the command line: one file for each
//! command, one ([`voice`]) for everything said.

mod audit;
mod ceremony;
mod connection;
mod doctor;
mod documents;
mod keys;
mod passphrase;
mod progress;
mod propose_remove;
mod serve;
mod server;
mod supervised;
mod token;
mod voice;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use mls_hsm_signer::isolation::{become_worker_if_asked, die_with_parent, forbid_dumps};
use tracing_subscriber::EnvFilter;

use voice::{Failure, Voice};

/// What every command ends with: the exit code, or why it failed.
type Outcome = Result<ExitCode, Failure>;

/// MLS removal keys in a PKCS#11 token: made, kept and used there.
#[derive(Parser)]
#[command(name = "mls-hsm-signer", version, arg_required_else_help = true)]
struct Arguments {
    /// Print JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// End the PKCS#11 module when `doctor` or `token init` has not ended after so many
    /// seconds
    #[arg(long, global = true, value_name = "SECONDS", default_value_t = supervised::LIMIT)]
    module_limit: u64,
    /// The process that may crash or hang with the module
    #[arg(long = supervised::ARGUMENT, hide = true)]
    supervised: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a new token
    #[command(subcommand)]
    Token(token::Command),
    /// Generate, import, list and export removal keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Make keys before witnesses, with a report that the keys sign
    #[command(subcommand)]
    Ceremony(ceremony::Command),
    /// Sign the proposals to remove members from a group
    ProposeRemove(propose_remove::Arguments),
    /// Check the module, the token and its keys, with a signature from each
    Doctor(doctor::Arguments),
    /// Verify and export the audit log
    #[command(subcommand)]
    Audit(audit::Command),
    /// Serve callers over HTTP, until SIGTERM
    Serve(serve::Arguments),
    /// Ask a service whether it can sign and record
    Status(server::StatusArguments),
    /// Print the completions of a shell
    Completions(documents::Completions),
    /// Write the manual pages
    Man(documents::ManPages),
    /// Print the OpenAPI document of the service
    Openapi,
}

fn main() -> ExitCode {
    become_worker_if_asked().unwrap_or_else(run)
}

/// Runs the command that the arguments ask for. Exit codes: 0 done, 1 failed, 2 wrong
/// arguments.
fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match arguments.command {
        Command::Serve(_) => serve::log(arguments.json),
        _ => log_to_stderr(),
    }
    let voice = Voice::new(arguments.json);
    if let Err(error) = forbid_dumps() {
        return voice.failed(&error.into());
    }
    let outcome = if arguments.command.loads_the_module() && !arguments.supervised {
        supervised::run(arguments.module_limit)
    } else {
        perform(arguments, &voice)
    };
    outcome.unwrap_or_else(|failure| voice.failed(&failure))
}

impl Command {
    /// Whether it loads the PKCS#11 module in its own process. The others reach it over
    /// [`mls_hsm_signer::isolation`]; the bench compares both ways.
    fn loads_the_module(&self) -> bool {
        matches!(self, Self::Token(_) | Self::Doctor(_))
    }
}

fn perform(arguments: Arguments, voice: &Voice) -> Outcome {
    if arguments.supervised {
        die_with_parent()?;
    }
    match arguments.command {
        Command::Token(command) => token::run(command, voice),
        Command::Keys(command) => keys::run(command, voice),
        Command::Ceremony(command) => ceremony::run(command, voice),
        Command::ProposeRemove(arguments) => propose_remove::run(arguments, voice),
        Command::Doctor(arguments) => doctor::run(arguments, voice),
        Command::Audit(command) => audit::run(command, voice),
        Command::Serve(arguments) => serve::run(&arguments, voice),
        Command::Status(arguments) => server::status(&arguments, voice),
        Command::Completions(arguments) => documents::completions(&arguments, voice),
        Command::Man(arguments) => documents::man_pages(&arguments, voice),
        Command::Openapi => documents::openapi(voice),
    }
}

/// `RUST_LOG` chooses what is logged. What the commands report they say themselves.
fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("off"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
