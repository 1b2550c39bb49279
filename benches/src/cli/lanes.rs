//! `measure lanes`: batches of Diffie-Hellman and of verifications on libraries of curves.

use std::{
    collections::BTreeMap,
    io::{self, StdoutLock},
    num::NonZeroUsize,
};

use clap::Args;

use super::sampling::Sampling;
use crate::{
    BenchError,
    lanes::{
        BreakEven, LaneEngine, LaneMeasurement, Operation,
        break_even::{batches, break_evens},
        engine::{self, REFERENCE},
        measure, operation,
    },
    report::lanes as report,
};

/// The longest batch that may be asked for: its keys take seconds to make.
const LONGEST: usize = 65_536;

#[derive(Debug, Args)]
pub(super) struct Lanes {
    /// One or more operations, separated by commas
    #[arg(long, value_delimiter = ',', default_values_t = operation_names())]
    op: Vec<String>,
    /// One or more numbers of elements in a batch, separated by commas
    #[arg(long, value_delimiter = ',', default_value = "64", value_parser = parse_batch, allow_negative_numbers = true)]
    batch: Vec<NonZeroUsize>,
    /// The engines to run, separated by commas; without it, all; for a break-even,
    /// aws-lc-rs and the backends of this CPU
    #[arg(long, value_delimiter = ',')]
    engines: Option<Vec<String>>,
    /// Measure batches of 1 to 32, and find where an engine overtakes aws-lc-rs
    #[arg(long, conflicts_with = "batch")]
    break_even: bool,
    #[command(flatten)]
    sampling: Sampling,
}

impl Lanes {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let operations = self.operations()?;
        let engines = self.engines()?;
        let mut output = Output::new(self.sampling.json, &engines)?;
        let mut found = Vec::new();
        for operation in operations {
            let measurements = self.measure(operation, &engines, &mut output)?;
            found.extend(break_evens(&measurements));
        }
        if self.break_even {
            output.write_break_evens(&found)?;
        }
        output.finish()
    }

    fn operations(&self) -> Result<Vec<&'static Operation>, BenchError> {
        self.op.iter().map(|name| operation::find(name)).collect()
    }

    fn engines(&self) -> Result<Vec<Box<dyn LaneEngine>>, BenchError> {
        let engines = match &self.engines {
            Some(names) => engine::select(names)?,
            None if self.break_even => engine::break_even_engines(),
            None => engine::engines(),
        };
        if self.break_even && !has_reference(&engines) {
            return Err(BenchError::NoReference(REFERENCE));
        }
        Ok(engines)
    }

    /// Measures `operation` on batches of every chosen length.
    fn measure(
        &self,
        operation: &Operation,
        engines: &[Box<dyn LaneEngine>],
        output: &mut Output,
    ) -> Result<Vec<LaneMeasurement>, BenchError> {
        let plan = self.sampling.plan();
        let mut measurements = Vec::new();
        for batch in self.batches() {
            let measurement = measure(operation, batch, engines, &plan)?;
            output.write(&measurement)?;
            measurements.push(measurement);
        }
        Ok(measurements)
    }

    fn batches(&self) -> Vec<NonZeroUsize> {
        if self.break_even {
            batches().collect()
        } else {
            self.batch.clone()
        }
    }
}

/// Results to standard output, remarks to standard error.
struct Output {
    out: StdoutLock<'static>,
    json: bool,
    measured: bool,
    /// The engines that lack each operation.
    skipped: BTreeMap<&'static str, Vec<&'static str>>,
}

impl Output {
    fn new(json: bool, engines: &[Box<dyn LaneEngine>]) -> Result<Self, BenchError> {
        if !has_reference(engines) {
            eprintln!("no speedups: they refer to engine `{REFERENCE}`, which is not measured");
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

    fn write(&mut self, measurement: &LaneMeasurement) -> Result<(), BenchError> {
        self.measured |= !measurement.engines.is_empty();
        let skipped = measurement.unsupported.clone();
        self.skipped.insert(measurement.operation, skipped);
        if self.json {
            report::write_json(&mut self.out, measurement)?;
        } else {
            report::write_rows(&mut self.out, measurement)?;
        }
        Ok(())
    }

    fn write_break_evens(&mut self, found: &[BreakEven]) -> Result<(), BenchError> {
        if self.json {
            report::write_break_even_json(&mut self.out, found)?;
        } else {
            report::write_break_even_rows(&mut self.out, found)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<(), BenchError> {
        for (operation, engines) in &self.skipped {
            for engine in engines {
                eprintln!("skipped: `{engine}` has no {operation}");
            }
        }
        if self.measured {
            Ok(())
        } else {
            Err(BenchError::NothingMeasured)
        }
    }
}

fn has_reference(engines: &[Box<dyn LaneEngine>]) -> bool {
    engines.iter().any(|engine| engine.name() == REFERENCE)
}

fn operation_names() -> Vec<String> {
    let names = operation::names().into_iter();
    names.map(str::to_owned).collect()
}

fn parse_batch(text: &str) -> Result<NonZeroUsize, BenchError> {
    text.parse()
        .ok()
        .filter(|&batch: &NonZeroUsize| batch.get() <= LONGEST)
        .ok_or_else(|| BenchError::InvalidBatch {
            given: text.to_owned(),
            longest: LONGEST,
        })
}
