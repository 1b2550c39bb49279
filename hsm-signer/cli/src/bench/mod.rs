//! `bench`: signatures per second from a bare module, from the engine in this process and
//! from the engine with the module in a child process, interleaved in one run.
//!
//! It makes a SoftHSM token of its own in a directory of its own, which is gone
//! afterwards. SoftHSM reads where its tokens are from its environment, so the program
//! starts itself again there.

mod contender;
mod sandbox;
mod service;
mod timing;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use mls_hsm_signer::Scheme;

use super::Outcome;
use super::connection::scheme_parser;
use super::progress::Progress;
use super::voice::{Failure, Voice};
use contender::{Contender, Contest};
use sandbox::Sandbox;
use timing::{Row, Samples};

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// A scheme to measure, as often as needed [default: the four of Wire's server]
    #[arg(long, value_parser = scheme_parser())]
    scheme: Vec<&'static Scheme>,
    /// Seconds for each row
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// How often the contenders take turns
    #[arg(long, default_value_t = 6)]
    rounds: u32,
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

#[derive(Subcommand)]
enum What {
    /// Measure the service under load, against the bare module
    Service(service::Arguments),
}

pub fn run(arguments: &Arguments, voice: &Voice) -> Outcome {
    if let Some(What::Service(arguments)) = &arguments.what {
        return service::run(arguments, voice);
    }
    match &arguments.inside {
        None => Sandbox::make(arguments.softhsm.as_deref())?.run_self_inside(),
        Some(directory) => {
            measure(arguments, &Sandbox::at(directory), voice)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn measure(arguments: &Arguments, sandbox: &Sandbox, voice: &Voice) -> Result<(), Failure> {
    let all: Vec<&Scheme> = Scheme::all_of_wire().collect();
    let schemes = if arguments.scheme.is_empty() {
        &all
    } else {
        &arguments.scheme
    };
    let softhsm = sandbox.softhsm(arguments.softhsm.as_deref())?;
    let delayed = sandbox.delayed(&softhsm, arguments.fault_module.as_deref())?;
    if delayed.is_none() {
        voice.remark("delay-5ms is left out: build it with cargo build -p mls_fault_module")?;
    }
    for scheme in schemes {
        for contest in contests(scheme, &softhsm, delayed.as_deref()) {
            compare(arguments, sandbox, &contest, voice)?;
        }
    }
    Ok(())
}

/// One caller, one signature at a time; and batches, on cores and on latency.
fn contests<'a>(
    scheme: &'static Scheme,
    softhsm: &'a Path,
    delayed: Option<&'a Path>,
) -> Vec<Contest<'a>> {
    let contest = |module, path, sessions, bare_sessions, batch| Contest {
        scheme,
        module,
        path,
        sessions,
        bare_sessions,
        batch,
    };
    let mut contests = vec![
        contest("softhsm", softhsm, 1, &[1][..], 1),
        contest("softhsm", softhsm, 8, &[1, 2, 4, 8], 1_000),
    ];
    if let Some(path) = delayed {
        contests.push(contest("delay-5ms", path, 1, &[1], 1));
        contests.push(contest("delay-5ms", path, 30, &[30], 3_000));
    }
    contests
}

/// Has the contenders take turns, and says one row for each.
fn compare(
    arguments: &Arguments,
    sandbox: &Sandbox,
    contest: &Contest<'_>,
    voice: &Voice,
) -> Result<(), Failure> {
    let contenders = Contender::all(contest, sandbox)?;
    let slice = Duration::from_secs_f64(arguments.seconds / f64::from(arguments.rounds.max(1)));
    let mut samples = vec![Samples::default(); contenders.len()];
    let rounds = arguments.rounds.max(1);
    let turns = u64::from(rounds) * contenders.len() as u64;
    let progress = Progress::of(format!("{} {}", contest.module, contest.scheme.name), turns);
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            contender.run(slice, samples)?;
            progress.add(1);
        }
    }
    drop(progress);
    let rates: Vec<f64> = samples.iter().map(Samples::rate).collect();
    let bare = contenders.iter().zip(&rates);
    let bare = bare.filter(|(contender, _)| contender.is_bare());
    let best = bare.map(|(_, rate)| *rate).fold(0.0, f64::max);
    for (contender, samples) in contenders.iter().zip(&mut samples) {
        let row = Row::new(contest, contender, samples, best);
        voice.result(&row.value(), &row.text())?;
    }
    Ok(())
}
