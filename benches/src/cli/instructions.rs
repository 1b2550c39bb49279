//! `instructions`: counts by callgrind, against the baseline.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
};

use clap::Args;

use crate::{
    BenchError,
    instructions::{Baseline, Count, Counts, Footing, against, count, footing, read, repeat},
};

#[derive(Debug, Args)]
pub(super) struct Instructions {
    /// The folder of the baselines, one for each instruction set and build
    #[arg(long, default_value = "benches/instructions")]
    baselines: PathBuf,
    /// Write the counts as the new baseline
    #[arg(long)]
    write: bool,
}

#[derive(Debug, Args)]
pub(super) struct Repeat {
    #[arg(requires = "suite")]
    row: Option<usize>,
    suite: Option<u16>,
}

/// The tolerance of a new baseline.
const TOLERANCE: f64 = 0.02;

impl Instructions {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let footing = footing()?;
        let path = footing.baseline_in(&self.baselines);
        if self.write {
            let baseline = Baseline {
                footing,
                tolerance: TOLERANCE,
                counts: count()?,
            };
            return write_baseline(&baseline, &path);
        }
        match read(&path)? {
            Some(baseline) if baseline.footing == footing => judge(&count()?, &baseline),
            other => {
                say_no_baseline(&footing, other.as_ref());
                Ok(())
            }
        }
    }
}

fn judge(counts: &Counts, baseline: &Baseline) -> Result<(), BenchError> {
    let counts = against(counts, baseline);
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
        count => Err(BenchError::MoreInstructions(count)),
    }
}

/// Counts of another footing would be compared with what they have nothing to do with.
fn say_no_baseline(footing: &Footing, other: Option<&Baseline>) {
    let list = |footing: &Footing| footing.features.join(", ");
    println!(
        "NOT COUNTED: there is no baseline for a {} build where valgrind offers {} and the \
         lanes run on {}; make one: `cargo xtask tables instructions`",
        footing.build,
        list(footing),
        footing.lanes
    );
    if let Some(other) = other {
        println!(
            "that which there is was counted on {}",
            list(&other.footing)
        );
    }
}

fn write_baseline(baseline: &Baseline, path: &Path) -> Result<(), BenchError> {
    let text = serde_json::to_string_pretty(baseline).map_err(io::Error::from)?;
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    std::fs::write(path, text + "\n")?;
    println!("{}", path.display());
    Ok(())
}

impl Repeat {
    pub(super) fn run(self) -> Result<(), BenchError> {
        repeat(self.row.zip(self.suite))
    }
}

fn write_count(out: &mut impl Write, count: &Count) -> io::Result<()> {
    let change = count.baseline.map_or_else(
        || "not in the baseline".to_owned(),
        |before| format!("{:+.2} %", (count.now as f64 / before as f64 - 1.0) * 100.0),
    );
    let verdict = if count.is_regression { "  MORE" } else { "" };
    writeln!(out, "{:40}{:>12}  {change}{verdict}", count.name, count.now)
}
