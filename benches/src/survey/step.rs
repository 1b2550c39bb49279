//! One measurement of a survey, as it is handed to another process too.

use std::num::NonZeroUsize;

use openmls_traits::types::Ciphersuite;
use serde::{Deserialize, Serialize};

use super::{named, seconds};
use crate::{
    BenchError,
    engines::EngineRow,
    lanes,
    measure::{Lineup, Measured, Measurement, Plan, Pool, measure_together},
    memory::{self, MemoryPerMember},
    record::{Place, Series},
    scenario::{self, Case},
    suite,
};

/// One measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is measured.
    pub work: Work,
    /// The names of the engines; those that the process lacks are left out. Empty for all
    /// that a guest has.
    pub engines: Vec<String>,
    /// The numbers of threads, each engine measured with each; empty if not limited.
    pub threads: Vec<NonZeroUsize>,
    /// The number of samples from each engine.
    pub runs: usize,
    /// The seconds after which there are fewer, three at least.
    pub seconds: f64,
}

/// What a step measures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Work {
    /// A scenario.
    Scenario {
        /// Its name.
        name: String,
        /// The numbers of the ciphersuites, which take turns as the engines do.
        suites: Vec<u16>,
        /// The members.
        members: usize,
    },
    /// An operation on lanes.
    Lanes {
        /// Its name.
        operation: String,
        /// The elements of a batch.
        batch: NonZeroUsize,
    },
    /// The memory that a group takes.
    Memory {
        /// The ciphersuite's number.
        suite: u16,
        /// The members.
        members: usize,
    },
}

/// What a process found out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Found {
    /// Samples.
    Series(Series),
    /// Memory.
    Memory(MemoryPerMember),
}

impl Step {
    /// `work` with the samples that a report takes, and no engines yet.
    pub fn of(work: Work) -> Self {
        Self {
            work,
            engines: Vec::new(),
            threads: Vec::new(),
            runs: 31,
            seconds: 1.0,
        }
    }

    /// The scenario called `name`.
    pub fn scenario(name: &str, suites: &[Ciphersuite], members: usize) -> Self {
        Self::of(Work::Scenario {
            name: name.to_owned(),
            suites: suites.iter().map(|&suite| suite.into()).collect(),
            members,
        })
    }

    /// On these engines.
    pub fn with_engines(self, names: &[&str]) -> Self {
        let engines = names.iter().map(|&name| name.to_owned()).collect();
        Self { engines, ..self }
    }

    /// On every engine of `rows`.
    pub(super) fn with_every(self, rows: &[EngineRow]) -> Self {
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        self.with_engines(&names)
    }

    /// On each of these numbers of threads.
    pub fn with_threads(self, threads: Vec<NonZeroUsize>) -> Self {
        Self { threads, ..self }
    }

    /// With at most this many samples, in at most this many seconds.
    pub fn with_budget(self, runs: usize, seconds: f64) -> Self {
        Self {
            runs,
            seconds,
            ..self
        }
    }

    /// What is measured, in a few words.
    pub fn title(&self) -> String {
        let number = |suite: &u16| format!("{suite:#06x}");
        match &self.work {
            Work::Scenario {
                name,
                suites,
                members,
            } => {
                let scenario = scenario::find(name);
                let suites: Vec<String> = suites.iter().map(number).collect();
                let suites = match suites.as_slice() {
                    [one] => format!(", {one}"),
                    _ => String::new(),
                };
                match scenario {
                    Ok(scenario) if scenario.has_members() => {
                        format!("{name}, {members} members{suites}")
                    }
                    _ => format!("{name}{suites}"),
                }
            }
            Work::Lanes { operation, batch } => format!("{operation}, batches of {batch}"),
            Work::Memory { suite, members } => {
                format!("memory of {members} members, {}", number(suite))
            }
        }
    }

    /// The same for programs with other engines, `None` for what they cannot do.
    pub(super) fn for_guests(&self) -> Option<Self> {
        matches!(self.work, Work::Scenario { .. }).then(|| self.clone())
    }

    /// Measures on those engines of `rows` that the step names.
    ///
    /// # Errors
    ///
    /// [`BenchError`] for names that do not exist, engines that failed, wrong results.
    pub fn measure(&self, rows: &'static [EngineRow]) -> Result<Vec<Series>, BenchError> {
        match &self.work {
            Work::Scenario {
                name,
                suites,
                members,
            } => {
                let cases = suites.iter().map(|&suite| case(suite, *members));
                self.measure_scenario(name, &cases.collect::<Result<Vec<_>, _>>()?, rows)
            }
            Work::Lanes { operation, batch } => self.measure_lanes(operation, *batch),
            Work::Memory { .. } => Ok(Vec::new()),
        }
    }

    /// Measures whatever the step is about.
    pub(super) fn find(&self, rows: &'static [EngineRow]) -> Result<Vec<Found>, BenchError> {
        let Work::Memory { suite, members } = self.work else {
            return Ok(self.measure(rows)?.into_iter().map(Found::Series).collect());
        };
        let case = case(suite, members)?;
        let engines = named(rows, &self.engines);
        let measured = engines
            .into_iter()
            .map(|engine| memory::measure(engine, &case));
        let measured = measured.collect::<Result<Vec<_>, _>>()?;
        Ok(measured.into_iter().flatten().map(Found::Memory).collect())
    }

    fn plan(&self) -> Plan {
        Plan {
            runs: self.runs,
            budget: seconds(self.seconds),
        }
    }

    fn measure_scenario(
        &self,
        name: &str,
        cases: &[Case],
        rows: &'static [EngineRow],
    ) -> Result<Vec<Series>, BenchError> {
        let scenario = scenario::find(name)?;
        let mut lineup = Lineup::of(named(rows, &self.engines));
        if !self.threads.is_empty() {
            let pools = self.threads.iter().copied().map(Pool::of);
            lineup.pools = pools.collect::<Result<_, _>>()?;
        }
        let measurements = measure_together(scenario, cases, &lineup, &self.plan())?;
        Ok(measurements
            .into_iter()
            .flat_map(series_of_scenario)
            .collect())
    }

    fn measure_lanes(
        &self,
        operation: &str,
        batch: NonZeroUsize,
    ) -> Result<Vec<Series>, BenchError> {
        let engines = lanes::engine::select(&self.engines)?;
        let operation = lanes::operation::find(operation)?;
        let measurement = lanes::measure(operation, batch, &engines, &self.plan())?;
        let series = |measured: Measured| Series {
            scenario: measurement.operation.to_owned(),
            size: Some(measurement.batch.get()),
            threads: Some(1),
            ..series_of(measured)
        };
        Ok(measurement.engines.into_iter().map(series).collect())
    }
}

fn series_of_scenario(measurement: Measurement) -> Vec<Series> {
    let series = |measured: Measured| Series {
        scenario: measurement.scenario.to_owned(),
        suite: Some(suite::number(measurement.suite)),
        size: measurement.members,
        threads: measured.threads,
        ..series_of(measured)
    };
    measurement.engines.into_iter().map(series).collect()
}

/// The samples alone.
fn series_of(measured: Measured) -> Series {
    let tenth_of_a_nanosecond = |sample: f64| (sample * 1e4).round() / 1e4;
    Series {
        scenario: String::new(),
        suite: None,
        size: None,
        engine: measured.engine.to_owned(),
        threads: None,
        masked: None,
        place: Place::Here,
        samples_us: measured
            .samples
            .into_iter()
            .map(tenth_of_a_nanosecond)
            .collect(),
    }
}

fn case(suite: u16, members: usize) -> Result<Case, BenchError> {
    Ok(Case {
        suite: suite::by_number(suite)?,
        members,
    })
}
