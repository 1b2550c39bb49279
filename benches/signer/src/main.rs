//! `mls-signer-bench`: how many signatures a second the signer leaves of what its PKCS#11 module
//! can make: the engine (`engine`) and the service under load (`service`) against the bare module,
//! interleaved in one run. Every signature that counts is verified, after the clock has stopped.
//!
//! Everything happens in a SoftHSM directory of its own, which is gone afterwards. SoftHSM reads
//! where its tokens are from its environment, so the program starts itself again there.

mod bare;
mod contest;
mod engine;
mod sandbox;
mod service;
#[path = "../../src/statistics.rs"]
mod statistics;
mod verification;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand};
use mls_hsm_signer::Scheme;
use mls_hsm_signer::isolation::become_worker_if_asked;

use bare::Bare;
use contest::Contest;
use sandbox::{Module, Sandbox};

/// Why nothing was measured.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Measures the signer against the bare PKCS#11 module.
#[derive(Parser)]
#[command(name = "mls-signer-bench", version)]
struct Arguments {
    /// Print a JSON object for each row
    #[arg(long, global = true)]
    json: bool,
    /// The directory to which SOFTHSM2_CONF points
    #[arg(long, global = true, hide = true, value_name = "DIRECTORY")]
    sandbox: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The engine, in this process and with the module in a child process
    Engine(Choice),
    /// The service under load, over mutual TLS and over a Unix socket
    Service {
        #[command(flatten)]
        choice: Choice,
        #[command(flatten)]
        load: service::Load,
    },
    /// What `mls-hsm-signer serve` does
    #[command(hide = true)]
    Serve {
        #[arg(long)]
        config: PathBuf,
    },
}

/// What is measured, and for how long.
#[derive(Args)]
struct Choice {
    /// A scheme, as often as needed [default: all]
    #[arg(long, value_parser = PossibleValuesParser::new(Scheme::all_of_wire().map(|one| one.name))
        .try_map(|name| Scheme::by_name(&name).ok_or("there is no such scheme")))]
    scheme: Vec<&'static Scheme>,
    /// A module, as often as needed
    #[arg(long, value_enum, default_values_t = [Module::Softhsm, Module::Delayed])]
    module: Vec<Module>,
    /// Seconds for each contender
    #[arg(long, default_value_t = 6.0)]
    seconds: f64,
    /// How often the contenders take turns
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
}

fn main() -> ExitCode {
    become_worker_if_asked().unwrap_or_else(|| {
        run(&Arguments::parse()).unwrap_or_else(|failure| {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        })
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let (choice, load) = match &arguments.command {
        Command::Engine(choice) => (choice, None),
        Command::Service { choice, load } => (choice, Some(load)),
        Command::Serve { config } => {
            mls_hsm_signer::server::serve(config)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let Some(directory) = &arguments.sandbox else {
        return sandbox::run_this_program_inside();
    };
    let sandbox = Sandbox::set_up(directory)?;
    for module in &choice.module {
        let path = sandbox.module(*module, "ours")?;
        let bare = Bare::load(&sandbox.module(*module, "bare")?)?;
        for contest in contests(choice, *module, load) {
            let counts = contest.bare_sessions.iter();
            let mut contenders = counts
                .map(|count| bare.contender(&contest, *count))
                .collect::<Result<Vec<_>, _>>()?;
            contenders.extend(match load {
                None => engine::contenders(&sandbox, &path, &contest)?,
                Some(load) => service::contenders(&sandbox, &path, &contest, load)?,
            });
            let key = sandbox.key(contest.scheme)?;
            for row in contest.hold(&contenders, key, arguments.json)? {
                println!("{row}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// SoftHSM takes the cores that everything else needs too: as a bare module it is tried with
/// several numbers of sessions. The delayed one has 30, as an HSM may.
fn contests(choice: &Choice, module: Module, load: Option<&service::Load>) -> Vec<Contest> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let shapes: Vec<(usize, &[usize], usize)> = match (module, load) {
        (Module::Softhsm, None) => vec![(1, &[1], 1), (8, &[1, 2, 4, 8], 1_000)],
        (Module::Delayed, None) => vec![(1, &[1], 1), (30, &[30], 3_000)],
        (Module::Softhsm, Some(load)) => vec![(2 * cores, &[1, 2, 4], load.batch)],
        (Module::Delayed, Some(load)) => vec![(30, &[30], load.batch)],
    };
    let schemes = match choice.scheme.as_slice() {
        [] => Scheme::all_of_wire().collect(),
        some => some.to_vec(),
    };
    let mut contests = Vec::new();
    for scheme in schemes {
        for &(sessions, bare_sessions, batch) in &shapes {
            contests.push(Contest {
                module,
                scheme,
                sessions,
                bare_sessions,
                batch,
                turn: Duration::from_secs_f64(choice.seconds / f64::from(choice.rounds)),
                rounds: choice.rounds,
            });
        }
    }
    contests
}
