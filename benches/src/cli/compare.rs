//! `compare`: two machines, or two versions.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::Args;

use super::text::wrapped;
use crate::{
    BenchError,
    compare::{Change, Verdict, compare},
    duration, record,
};

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The record before
    before: PathBuf,
    /// The record after
    after: PathBuf,
    /// The change in per cent that is let pass
    #[arg(long, default_value = "5", value_parser = parse_tolerance, allow_negative_numbers = true)]
    tolerance: f64,
    /// Print the series that did not change too
    #[arg(long)]
    all: bool,
}

impl Compare {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let (before, after) = (record::read(&self.before)?, record::read(&self.after)?);
        let changes = compare(&before, &after, self.tolerance / 100.0)?;
        let mut out = io::stdout().lock();
        write_changes(&mut out, &changes, self.all)?;
        if before.cpu.described() != after.cpu.described() {
            let (before, after) = (before.cpu.described(), after.cpu.described());
            writeln!(out, "two machines: {before}, then {after}")?;
        }
        for noise in [before.noise(), after.noise()].into_iter().flatten() {
            writeln!(out, "{}", wrapped(&noise, 0))?;
        }
        match changes
            .iter()
            .filter(|change| change.verdict == Verdict::Slower)
            .count()
        {
            0 => Ok(()),
            count => Err(BenchError::Regressions(count)),
        }
    }
}

fn write_changes(out: &mut impl Write, changes: &[Change], all: bool) -> io::Result<()> {
    writeln!(
        out,
        "{:52}{:>10}{:>10}{:>8}  99 % interval",
        "", "before", "after", "ratio"
    )?;
    let shown = changes
        .iter()
        .filter(|change| all || change.verdict != Verdict::Same);
    for change in shown {
        let (low, high) = change.interval;
        writeln!(
            out,
            "{:52}{:>10}{:>10}{:>8.3}  {low:.3} to {high:.3}  {}",
            change.title,
            duration::text(change.before_us),
            duration::text(change.after_us),
            change.ratio,
            change.verdict.word()
        )?;
    }
    let count = |verdict| {
        changes
            .iter()
            .filter(|change| change.verdict == verdict)
            .count()
    };
    writeln!(
        out,
        "{} series in common: {} slower, {} faster, {} that cannot be told apart",
        changes.len(),
        count(Verdict::Slower),
        count(Verdict::Faster),
        count(Verdict::Same)
    )
}

fn parse_tolerance(text: &str) -> Result<f64, String> {
    let tolerance = text.parse().ok();
    tolerance
        .filter(|tolerance: &f64| (0.0..=1000.0).contains(tolerance))
        .ok_or_else(|| format!("`{text}` is no tolerance; give per cent, such as 5"))
}
