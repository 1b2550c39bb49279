//! `measure SCENARIO`: what providers do with ciphersuites.

use std::{
    collections::BTreeMap,
    io::{self, StdoutLock},
    num::NonZeroUsize,
    ops::RangeInclusive,
};

use clap::Args;
use openmls_traits::types::Ciphersuite;

use super::sampling::Sampling;
use crate::{
    BenchError,
    engines::{self, ENGINES, REFERENCE},
    measure::{Lineup, Measurement, Pool, measure},
    report,
    scenario::{self, Case, MINIMUM_MEMBERS, Scenario},
    suite,
};

/// The sizes of group, and of batch, that may be asked for. Beyond them OpenMLS alone takes hours.
const MEMBERS: RangeInclusive<i64> = MINIMUM_MEMBERS as i64..=50_000;

#[derive(Debug, Args)]
pub(super) struct Scenarios {
    // Absent only if a special scenario stands in its place.
    /// One or more scenarios, separated by commas, or `all` for every provider operation
    #[arg(required = true)]
    scenario: Option<String>,
    /// One or more ciphersuites, such as 0x0001, separated by commas, or `all`
    #[arg(long, default_value = "all")]
    suite: String,
    /// One or more numbers of members, separated by commas, of the scenarios in a group
    /// and of those for many
    #[arg(long, value_delimiter = ',', default_value = "100", value_parser = clap::value_parser!(u32).range(MEMBERS))]
    members: Vec<u32>,
    /// The engines to run, separated by commas
    #[arg(long, value_delimiter = ',', default_values_t = engine_names())]
    engines: Vec<String>,
    /// The engine that ratios refer to
    #[arg(long, default_value = REFERENCE)]
    reference: String,
    /// One or more numbers of threads, separated by commas, each engine measured with
    /// each; without it, as many as the CPU has
    #[arg(long, value_delimiter = ',')]
    threads: Vec<NonZeroUsize>,
    #[command(flatten)]
    sampling: Sampling,
}

impl Scenarios {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let scenarios = scenario::parse(self.scenario.as_deref().unwrap_or_default())?;
        let suites = suite::parse(&self.suite)?;
        let lineup = self.lineup()?;
        let plan = self.sampling.plan();
        let mut output = Output::new(self.sampling.json, &lineup)?;
        for suite in suites {
            for scenario in &scenarios {
                for members in self.members_of(scenario) {
                    let case = Case { suite, members };
                    output.write(&measure(scenario, &case, &lineup, &plan)?)?;
                }
            }
        }
        output.finish()
    }

    fn lineup(&self) -> Result<Lineup, BenchError> {
        let engines = engines::select(self.engines.iter().map(String::as_str))?;
        let mut lineup = Lineup::of(engines);
        lineup.reference = engines::find(&self.reference)?.name;
        if !self.threads.is_empty() {
            let pools = self.threads.iter().copied().map(Pool::of);
            lineup.pools = pools.collect::<Result<_, _>>()?;
        }
        Ok(lineup)
    }

    /// The numbers of members that `scenario` is measured with: one if it has none.
    fn members_of(&self, scenario: &Scenario) -> impl Iterator<Item = usize> {
        let count = if scenario.has_members() {
            self.members.len()
        } else {
            1
        };
        self.members
            .iter()
            .take(count)
            .map(|&members| members as usize)
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
    fn new(json: bool, lineup: &Lineup) -> Result<Self, BenchError> {
        if !lineup.has_reference() {
            let reference = lineup.reference;
            eprintln!("no ratios: they refer to engine `{reference}`, which is not measured");
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

fn engine_names() -> Vec<String> {
    ENGINES.iter().map(|row| row.name.to_owned()).collect()
}
