//! `mls-hsm-signer`: removal keys in a PKCS#11 token, from the command line. Here are its
//! arguments and who carries them out: a file for each command.

mod audit;
mod ceremony;
mod completions;
mod connection;
mod doctor;
mod exit_code;
mod failure;
mod keys;
mod logging;
mod man;
mod output;
mod passphrase;
mod progress;
mod propose_remove;
mod reload;
mod reports;
mod runtime;
mod serve;
mod server;
mod status;
mod supervised;
mod token;

use std::process;
use std::time::Duration;

use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use mls_hsm_signer::isolation::{become_worker_if_asked, die_with_parent, forbid_dumps};
use mls_hsm_signer::token::{finalise_modules, hush_module_panics};

use connection::IN_PROCESS;
use exit_code::ExitCode;
use failure::Failure;
use output::Output;
use reports::Reports;
use supervised::Supervised;

/// How long a module that was loaded into this process has to end.
const ENDING_LIMIT: Duration = Duration::from_secs(2);

/// What every command ends with: the exit code, or why it failed.
type Outcome = Result<ExitCode, Failure>;

/// MLS removal keys in a PKCS#11 token: made, kept and used there.
#[derive(Parser)]
#[command(name = "mls-hsm-signer", version, arg_required_else_help = true)]
struct Arguments {
    /// Print JSON, for programs
    #[arg(long, global = true)]
    json: bool,
    /// End the PKCS#11 module when it has not answered for so many seconds [default: 120 where it is
    /// in the process of the command, else 10 to start and 30 for what is asked of it]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    module_limit: Option<u64>,
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
    /// Have a service read its configuration and keys again, and try a refused PIN once more
    Reload(reload::Arguments),
    /// Ask a service whether it can sign and record
    Status(status::Arguments),
    /// Print the completions of a shell
    Completions(completions::Arguments),
    /// Write the manual pages
    Man(man::Arguments),
    /// Print the OpenAPI document of the service
    Openapi,
}

fn main() -> process::ExitCode {
    become_worker_if_asked().unwrap_or_else(|| run().into())
}

/// Runs the command that the arguments ask for. Exit codes: 0 done, 1 failed, 2 wrong
/// arguments, 4 a token refused the PIN.
fn run() -> ExitCode {
    let matches = Arguments::command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    hush_module_panics();
    let output = match output(&arguments) {
        Ok(output) => output,
        Err(failure) => return Output::here(arguments.json).failed(&failure),
    };
    logging::start(&arguments.command, &output);
    let outcome = match forbid_dumps() {
        Err(error) => Err(error.into()),
        Ok(()) if is_to_be_supervised(&arguments, &matches) => {
            Supervised::new(makes_something(&arguments.command), &output).run()
        }
        Ok(()) => perform(arguments, &output),
    };
    let code = outcome.unwrap_or_else(|failure| output.failed(&failure));
    output.done(code);
    finalise_modules(ENDING_LIMIT);
    code
}

fn output(arguments: &Arguments) -> Result<Output, Failure> {
    let mut output = Output::here(arguments.json);
    output.module_limit = arguments.module_limit.map(Duration::from_secs);
    if arguments.supervised {
        let reports = Reports::take_stdout();
        let failed = |error| format!("cannot report to the supervisor: {error}");
        output.supervisor = Some(reports.map_err(failed)?);
    }
    Ok(output)
}

/// Whether the command is to run in a process of its own: it loads the module into the one where it
/// runs. The other commands reach the module over `mls_hsm_signer::isolation`.
fn is_to_be_supervised(arguments: &Arguments, matches: &ArgMatches) -> bool {
    let last = last_subcommand(matches);
    let in_process = matches!(last.try_get_one::<bool>(IN_PROCESS), Ok(Some(true)));
    let loads_it = match &arguments.command {
        Command::Token(_) | Command::Doctor(_) => true,
        Command::Ceremony(ceremony) => ceremony.needs_module(),
        Command::Serve(serve) => serve.check,
        _ => in_process,
    };
    loads_it && !arguments.supervised
}

/// Whether the command changes what is in the token, so that its end may leave something half-made.
fn makes_something(command: &Command) -> bool {
    match command {
        Command::Token(_) => true,
        Command::Keys(keys) => keys.makes_something(),
        Command::Ceremony(ceremony) => ceremony.makes_something(),
        _ => false,
    }
}

fn last_subcommand(matches: &ArgMatches) -> &ArgMatches {
    let inner = matches.subcommand();
    inner.map_or(matches, |(_, inner)| last_subcommand(inner))
}

fn perform(arguments: Arguments, output: &Output) -> Outcome {
    if arguments.supervised {
        die_with_parent()?;
    }
    match arguments.command {
        Command::Token(command) => token::run(command, output),
        Command::Keys(command) => keys::run(command, output),
        Command::Ceremony(command) => ceremony::run(command, output),
        Command::ProposeRemove(arguments) => propose_remove::run(arguments, output),
        Command::Doctor(arguments) => doctor::run(arguments, output),
        Command::Audit(command) => audit::run(command, output),
        Command::Serve(arguments) => serve::run(&arguments, output),
        Command::Reload(arguments) => reload::run(&arguments, output),
        Command::Status(arguments) => status::run(&arguments, output),
        Command::Completions(arguments) => completions::run(&arguments, output),
        Command::Man(arguments) => man::run(&arguments, output),
        Command::Openapi => output.print(&mls_hsm_signer::server::openapi()),
    }
}
