//! `instructions`: counts by callgrind, against the baseline.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use crate::{
    BenchError,
    instructions::{Baseline, Count, against, count, read, repeat},
    suite,
};

#[derive(Debug, Args)]
pub(super) struct Instructions {
    /// The baseline
    #[arg(long, default_value_os_t = default_baseline())]
    baseline: PathBuf,
    /// Write the counts as the new baseline
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Args)]
pub(super) struct Repeat {
    scenario: String,
    suite: String,
    iterations: u64,
}

/// One for each instruction set.
fn default_baseline() -> PathBuf {
    PathBuf::from("benches/instructions").join(format!("{}.json", std::env::consts::ARCH))
}

/// The tolerance of a new baseline.
const TOLERANCE: f64 = 0.05;

impl Instructions {
    pub(super) fn run(self) -> Result<(), BenchError> {
        if self.write {
            return self.write_baseline();
        }
        let baseline = read(&self.baseline)?;
        let counts = against(&count()?, &baseline);
        let mut out = io::stdout().lock();
        for count in &counts {
            write_count(&mut out, count)?;
        }
        let tolerance = baseline.tolerance * 100.0;
        writeln!(
            out,
            "{} operations counted; up to {tolerance:.0} % more is let pass",
            counts.len()
        )?;
        match counts.iter().filter(|count| count.is_regression).count() {
            0 => Ok(()),
            count => Err(BenchError::Regressions(count)),
        }
    }

    fn write_baseline(&self) -> Result<(), BenchError> {
        let baseline = Baseline {
            tolerance: TOLERANCE,
            counts: count()?,
        };
        let text = serde_json::to_string_pretty(&baseline).map_err(io::Error::from)?;
        if let Some(directory) = self.baseline.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(&self.baseline, text + "\n")?;
        println!("{}", self.baseline.display());
        Ok(())
    }
}

impl Repeat {
    pub(super) fn run(self) -> Result<(), BenchError> {
        for suite in suite::parse(&self.suite)? {
            repeat(&self.scenario, suite.into(), self.iterations)?;
        }
        Ok(())
    }
}

fn write_count(out: &mut impl Write, count: &Count) -> io::Result<()> {
    let change = count.baseline.map_or_else(
        || "not in the baseline".to_owned(),
        |before| format!("{:+.2} %", (count.now as f64 / before as f64 - 1.0) * 100.0),
    );
    let verdict = if count.is_regression { "  MORE" } else { "" };
    writeln!(out, "{:32}{:>12}  {change}{verdict}", count.name, count.now)
}
