//! `measure SCENARIO`: what providers do with ciphersuites.

use std::{
    collections::BTreeMap,
    io::{self, StdoutLock},
    ops::RangeInclusive,
};

use clap::Args;
use openmls_traits::types::Ciphersuite;

use super::sampling::Sampling;
use crate::{
    BenchError,
    engine::{self, ENGINES, EngineRow, REFERENCE},
    measure::{Measurement, measure},
    report,
    scenario::{self, Case, MINIMUM_MEMBERS},
    suite,
};

/// The sizes of group that may be asked for. Beyond them OpenMLS alone takes hours.
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
    /// The number of members of the scenarios in a group
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(MEMBERS))]
    members: u32,
    /// The engines to run, separated by commas
    #[arg(long, value_delimiter = ',', default_values_t = engine_names())]
    engines: Vec<String>,
    #[command(flatten)]
    sampling: Sampling,
}

impl Scenarios {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let scenarios = scenario::parse(self.scenario.as_deref().unwrap_or_default())?;
        let suites = suite::parse(&self.suite)?;
        let engines = engine::select(self.engines.iter().map(String::as_str))?;
        let plan = self.sampling.plan();
        let members = self.members as usize;
        let mut output = Output::new(self.sampling.json, &engines)?;
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

fn engine_names() -> Vec<String> {
    ENGINES.iter().map(|row| row.name.to_owned()).collect()
}
