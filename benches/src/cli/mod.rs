//! The command line of `mls-bench`.

mod answer;
mod compare;
mod cpu;
mod instructions;
mod lanes;
mod progress;
mod readme;
mod report;
mod sampling;
mod scenarios;
mod text;

use std::io::{self, Write};

use clap::{Args, Parser, Subcommand};

use crate::{BenchError, engines::ENGINES, lanes as batches, scenario, suite, survey};
use compare::Compare;
use cpu::CpuCommand;
use instructions::{Instructions, Repeat};
use lanes::Lanes;
use readme::Readme;
use report::{RecordCommand, Report};
use scenarios::Scenarios;

/// Which MLS ciphersuite and OpenMLS provider is fastest on this CPU.
///
/// Without a subcommand, it measures every suite for less than two minutes, prints one
/// table, and says what to deploy on a server, on a client and under FIPS.
#[derive(Debug, Parser)]
#[command(name = "mls-bench", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure scenarios on several engines, in turn within this process
    Measure(Box<Measure>),
    /// Measure everything on every engine, and write it as charts, tables and samples
    Report(Box<Report>),
    /// Measure everything, and add the samples to the records of this CPU
    Record(RecordCommand),
    /// Compare two records: of two machines, or of two versions; exit code 3 if slower
    Compare(Compare),
    /// Say what this CPU has for MLS, what is hidden of it, and who uses what
    Cpu(CpuCommand),
    /// Write the README's chart and table from a record
    Readme(Readme),
    /// Count instructions by valgrind, and hold them against the baseline; exit code 3 if more
    Instructions(Instructions),
    /// Run one operation again and again, for callgrind
    #[command(hide = true)]
    Repeat(Repeat),
    /// Measure what standard input says, for another process
    #[command(hide = true)]
    Work,
    /// List the scenarios, the operations on batches, the engines and the ciphersuites
    List,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
struct Measure {
    #[command(flatten)]
    scenarios: Scenarios,
    #[command(subcommand)]
    special: Option<Special>,
}

/// Scenarios that are about something else than providers and ciphersuites, with
/// options of their own.
#[derive(Debug, Subcommand)]
enum Special {
    /// Measure batches of Diffie-Hellman on several libraries; microseconds per element
    ///
    /// Speedup: how many times as long aws-lc-rs takes. Cycles: of the core, by its
    /// frequency as measured beside. Of limit: the fewest cycles that the vector
    /// operations of the engine take, two at a time, by those it took.
    Lanes(Lanes),
}

impl Cli {
    /// Does what the arguments say, and writes results to standard output.
    ///
    /// # Errors
    ///
    /// [`BenchError`] for names that do not exist, engines that failed, wrong results,
    /// and an output that cannot be written.
    pub fn run(self) -> Result<(), BenchError> {
        match self.command {
            None => answer::run(),
            Some(Command::Measure(measure)) => measure.run(),
            Some(Command::Report(report)) => report.run(),
            Some(Command::Record(record)) => record.run(),
            Some(Command::Compare(compare)) => compare.run(),
            Some(Command::Cpu(cpu)) => cpu.run(),
            Some(Command::Readme(readme)) => readme.run(),
            Some(Command::Instructions(instructions)) => instructions.run(),
            Some(Command::Repeat(repeat)) => repeat.run(),
            Some(Command::Work) => survey::work(ENGINES, io::stdin().lock(), io::stdout().lock()),
            Some(Command::List) => Ok(list(&mut io::stdout().lock())?),
        }
    }
}

impl Measure {
    fn run(self) -> Result<(), BenchError> {
        match self.special {
            Some(Special::Lanes(lanes)) => lanes.run(),
            None => self.scenarios.run(),
        }
    }
}

fn list(out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Scenarios")?;
    for scenario in scenario::scenarios() {
        writeln!(out, "  {:<32}{}", scenario.name, scenario.about)?;
    }
    writeln!(out, "Engines")?;
    for engine in ENGINES {
        writeln!(out, "  {:<32}{}", engine.name, engine.about)?;
    }
    writeln!(out, "Ciphersuites")?;
    for suite in suite::all() {
        writeln!(out, "  {:<32}{suite}", suite::number(suite))?;
    }
    writeln!(out, "Operations of lanes")?;
    for operation in batches::OPERATIONS {
        writeln!(out, "  {:<32}{}", operation.name, operation.about)?;
    }
    writeln!(out, "Engines of lanes, on this CPU")?;
    for engine in batches::engine::engines() {
        writeln!(out, "  {:<32}{}", engine.name(), engine.about())?;
    }
    Ok(())
}
