//! `bench service`: a load generator against the real service, interleaved with the bare
//! module.
//!
//! | contest | what is said |
//! |---|---|
//! | latency | batches over mutual TLS, an HSM that takes 5 ms and has 30 sessions |
//! | cores | the same on SoftHSM, which takes the cores that generator and service need too |
//! | fairness | batches of one caller, single removals of another |
//! | single | one removal at a time over the Unix socket, by stage |

mod host;
mod load;
mod report;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mls_hsm_signer::Scheme;

use super::contender::{Contender, Contest};
use super::sandbox::Sandbox;
use super::timing::Samples;
use crate::Outcome;
use crate::connection::scheme_parser;
use crate::progress::Progress;
use crate::voice::{Failure, Voice};
use host::Host;
use load::Load;

#[derive(Args)]
pub struct Arguments {
    /// What to measure, as often as needed [default: all]
    #[arg(long, value_enum)]
    contest: Vec<What>,
    /// A scheme to measure in `cores` [default: the four of Wire's server]
    #[arg(long, value_parser = scheme_parser())]
    scheme: Vec<&'static Scheme>,
    /// Seconds for each row
    #[arg(long, default_value_t = 6.0)]
    seconds: f64,
    /// How often the contenders take turns
    #[arg(long, default_value_t = 6)]
    rounds: u32,
    /// Removals in a batch
    #[arg(long, default_value_t = 100)]
    batch: usize,
    /// Batches that are under way at a time
    #[arg(long, default_value_t = 6)]
    connections: usize,
    /// SoftHSM's module [default: where distributions put it]
    #[arg(long, value_name = "PATH")]
    softhsm: Option<PathBuf>,
    /// The library of mls_fault_module, which delays signatures [default: the one beside this
    /// program, if it was built]
    #[arg(long, value_name = "PATH")]
    fault_module: Option<PathBuf>,
    #[arg(long, value_name = "DIRECTORY", hide = true)]
    inside: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
enum What {
    Latency,
    Cores,
    Fairness,
    Single,
}

/// The scheme of all contests but `cores`.
const USUAL: &str = "ecdsa_secp256r1_sha256";

pub fn run(arguments: &Arguments, voice: &Voice) -> Outcome {
    match &arguments.inside {
        None => Sandbox::make(arguments.softhsm.as_deref())?.run_self_inside(),
        Some(directory) => {
            measure(arguments, &Sandbox::at(directory), voice)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn measure(arguments: &Arguments, sandbox: &Sandbox, voice: &Voice) -> Result<(), Failure> {
    let softhsm = sandbox.softhsm(arguments.softhsm.as_deref())?;
    let wanted = |what| arguments.contest.is_empty() || arguments.contest.contains(&what);
    let usual = Scheme::by_name(USUAL).ok_or_else(|| Failure::Message("no scheme".into()))?;
    if wanted(What::Latency) {
        match sandbox.delayed(&softhsm, arguments.fault_module.as_deref())? {
            Some(delayed) => compare(
                arguments,
                sandbox,
                (usual, "latency", &delayed, (&[30], 30)),
                voice,
            )?,
            None => voice.remark("latency is left out: cargo build -p mls_fault_module")?,
        }
    }
    if wanted(What::Cores) {
        let all: Vec<&Scheme> = Scheme::all_of_wire().collect();
        let schemes = match arguments.scheme.as_slice() {
            [] => &all,
            some => some,
        };
        for scheme in schemes {
            compare(
                arguments,
                sandbox,
                (*scheme, "cores", &softhsm, (&[1, 2, 4], 2 * cores())),
                voice,
            )?;
        }
    }
    if wanted(What::Fairness) {
        let host = Host::start(sandbox, &softhsm, cores())?;
        let times = Load::new(&host, arguments.connections)?.batches_and_singles(usual)?;
        report::fairness(&times, voice)?;
    }
    if wanted(What::Single) {
        let host = Host::start(sandbox, &softhsm, cores())?;
        let stages = Load::new(&host, 1)?.singles_by_stage(usual, 2_000)?;
        report::stages(&stages, voice)?;
    }
    Ok(())
}

/// Scheme, name, module, and the sessions: those with which the bare module is tried, and
/// the service's.
type Comparison<'a> = (
    &'static Scheme,
    &'static str,
    &'a Path,
    (&'a [usize], usize),
);

/// With so many sessions a module that computes on this machine is busy; with twice as many
/// it stays so while signatures are verified.
fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Has the bare module and the service take turns.
fn compare(
    arguments: &Arguments,
    sandbox: &Sandbox,
    (scheme, name, path, (bare_sessions, sessions)): Comparison<'_>,
    voice: &Voice,
) -> Result<(), Failure> {
    let contest = Contest {
        scheme,
        module: name,
        path,
        sessions,
        bare_sessions,
        batch: arguments.batch,
    };
    let bare = Contender::bare(&contest, sandbox)?;
    let host = Host::start(sandbox, path, contest.sessions)?;
    let load = Load::new(&host, arguments.connections)?;
    let slice = Duration::from_secs_f64(arguments.seconds / f64::from(arguments.rounds.max(1)));
    load.batches(scheme, arguments.batch, Duration::from_millis(500))?;
    let mut of_bare = vec![Samples::default(); bare.len()];
    let mut of_service = Samples::default();
    let rounds = arguments.rounds.max(1);
    let turns = u64::from(rounds) * (bare.len() as u64 + 1);
    let progress = Progress::of(format!("{name} {}", scheme.name), turns);
    for _ in 0..rounds {
        for (contender, samples) in bare.iter().zip(&mut of_bare) {
            contender.run(slice, samples)?;
            progress.add(1);
        }
        let (count, time, calls) = load.batches(scheme, arguments.batch, slice)?;
        of_service.add(count, time, calls);
        progress.add(1);
    }
    drop(progress);
    report::ratio(&contest, &of_bare, &of_service, voice)
}
