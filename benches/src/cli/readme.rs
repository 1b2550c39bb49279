//! `readme`: the README's chart and table, from a committed record.

use std::{fs, path::PathBuf};

use clap::Args;

use crate::{
    BenchError, record,
    report::readme::{block, chart, record_of, with_block},
};

#[derive(Debug, Args)]
pub(super) struct Readme {
    /// The record; without it, the one that the README names
    #[arg(long)]
    record: Option<PathBuf>,
    /// The README
    #[arg(long, default_value = "README.md")]
    readme: PathBuf,
    /// The chart, beside which the README stands or above
    #[arg(long, default_value = "benches/record/chart.svg")]
    chart: PathBuf,
}

impl Readme {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let readme = fs::read_to_string(&self.readme)?;
        let named = record_of(&readme).map(PathBuf::from);
        let path = self.record.or(named).ok_or_else(|| BenchError::BadRecord {
            path: self.readme.display().to_string(),
            reason: "it names no record; give one by --record".to_owned(),
        })?;
        let record = record::read(&path)?;
        let (path, chart_path) = (path.display().to_string(), self.chart.display().to_string());
        let filled = with_block(&readme, &block(&record, &path, &chart_path))?;
        fs::write(&self.chart, chart(&record)?)?;
        fs::write(&self.readme, filled)?;
        println!("{}\n{chart_path}", self.readme.display());
        Ok(())
    }
}
