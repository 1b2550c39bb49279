//! The command line of `mls-bench`.

use std::{
    collections::BTreeMap,
    io::{self, StdoutLock, Write},
    ops::RangeInclusive,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};
use openmls_traits::types::Ciphersuite;

use crate::{
    BenchError,
    engine::{self, ENGINES, EngineRow, REFERENCE},
    measure::{Measurement, Plan, measure},
    report,
    scenario::{self, Case, MINIMUM_MEMBERS},
    suite,
};

/// The sizes of group that may be asked for. Beyond them OpenMLS alone takes hours.
const MEMBERS: RangeInclusive<i64> = MINIMUM_MEMBERS as i64..=50_000;

/// Which MLS ciphersuite and OpenMLS provider is fastest on this CPU.
#[derive(Debug, Parser)]
#[command(name = "mls-bench", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure scenarios on several engines, in turn within this process
    Measure(Measure),
    /// List the scenarios, the engines and the ciphersuites
    List,
}

#[derive(Debug, Args)]
struct Measure {
    /// One or more scenarios, separated by commas, or `all` for every provider operation
    scenario: String,
    /// One or more ciphersuites, such as 0x0001, separated by commas, or `all`
    #[arg(long, default_value = "all")]
    suite: String,
    /// The number of members of the scenarios in a group
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(MEMBERS))]
    members: u32,
    /// The engines to run, separated by commas
    #[arg(long, value_delimiter = ',', default_values_t = engine_names())]
    engines: Vec<String>,
    /// The number of samples from each engine
    #[arg(long, default_value_t = 101, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The seconds after which a measurement ends with fewer samples, three at least
    #[arg(long, default_value = "5", value_parser = parse_budget, allow_negative_numbers = true)]
    seconds: Duration,
    /// Print one JSON object a line instead of the table
    #[arg(long)]
    json: bool,
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
            Command::Measure(arguments) => arguments.run(),
            Command::List => Ok(list(&mut io::stdout().lock())?),
        }
    }
}

impl Measure {
    fn run(self) -> Result<(), BenchError> {
        let scenarios = scenario::parse(&self.scenario)?;
        let suites = suite::parse(&self.suite)?;
        let engines = engine::select(self.engines.iter().map(String::as_str))?;
        let plan = Plan {
            runs: self.runs as usize,
            budget: self.seconds,
        };
        let members = self.members as usize;
        let mut output = Output::new(self.json, &engines)?;
        for suite in suites {
            for scenario in &scenarios {
                let case = Case { suite, members };
                output.write(&measure(scenario, &case, &engines, &plan)?)?;
            }
        }
        output.finish()
    }
}

/// Results to standard output, remarks to standard error.
struct Output {
    out: StdoutLock<'static>,
    json: bool,
    measured: bool,
    /// The scenarios that each engine could not run, by suite.
    skipped: BTreeMap<(Ciphersuite, &'static str), Vec<&'static str>>,
}

impl Output {
    fn new(json: bool, engines: &[&EngineRow]) -> Result<Self, BenchError> {
        if engines.iter().all(|engine| engine.name != REFERENCE) {
            eprintln!("no ratios: they refer to engine `{REFERENCE}`, which is not measured");
        }
        let mut out = io::stdout().lock();
        if !json {
            report::write_heading(&mut out)?;
        }
        Ok(Self {
            out,
            json,
            measured: false,
            skipped: BTreeMap::new(),
        })
    }

    fn write(&mut self, measurement: &Measurement) -> Result<(), BenchError> {
        self.measured |= !measurement.engines.is_empty();
        for &engine in &measurement.unsupported {
            let skipped = self.skipped.entry((measurement.suite, engine));
            skipped.or_default().push(measurement.scenario);
        }
        if self.json {
            report::write_json(&mut self.out, measurement)?;
        } else {
            report::write_rows(&mut self.out, measurement)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), BenchError> {
        for ((suite, engine), scenarios) in &self.skipped {
            let (suite, scenarios) = (suite::number(*suite), scenarios.join(", "));
            eprintln!("skipped: `{engine}` does not support {suite} for {scenarios}");
        }
        if self.measured {
            Ok(())
        } else {
            Err(BenchError::NothingMeasured)
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
    Ok(())
}

fn engine_names() -> Vec<String> {
    ENGINES.iter().map(|row| row.name.to_owned()).collect()
}

fn parse_budget(text: &str) -> Result<Duration, BenchError> {
    text.parse()
        .ok()
        .filter(|&seconds: &f64| seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| BenchError::InvalidBudget {
            given: text.to_owned(),
        })
}
