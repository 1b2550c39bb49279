//! `report` and `record`: everything, as charts, tables and samples.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Args;

use super::progress::Bar;
use crate::{
    BenchError,
    record::{self, Record},
    report::{csv, html, markdown},
    survey::{self, Guest},
};

#[derive(Debug, Args)]
pub(super) struct Source {
    /// Show this record; without it, measure
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["guest", "fips", "quick", "large"])]
    from: Option<PathBuf>,
    /// A program with further engines, such as mls-bench-awslc; may be given again
    #[arg(long)]
    guest: Vec<PathBuf>,
    /// This program built with AWS-LC's FIPS module, whose engines become hw-fips and
    /// hw-batch-fips
    #[arg(long, value_name = "PROGRAM")]
    fips: Option<PathBuf>,
    /// Measure this project's provider alone, in under two minutes
    #[arg(long, conflicts_with = "large")]
    quick: bool,
    /// Measure large groups too: 50,000 recipients, 10,000 members through OpenMLS
    #[arg(long)]
    large: bool,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("form").required(true).multiple(true))]
pub(super) struct Report {
    #[command(flatten)]
    source: Source,
    /// Write one self-contained page
    #[arg(long, group = "form")]
    html: Option<PathBuf>,
    /// Write the figures, a line a series
    #[arg(long, group = "form")]
    csv: Option<PathBuf>,
    /// Write the record: every sample
    #[arg(long, group = "form")]
    json: Option<PathBuf>,
    /// Write the tables
    #[arg(long, group = "form")]
    markdown: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RecordCommand {
    #[command(flatten)]
    source: Source,
    /// The folder of the records; the CPU's own is made in it
    #[arg(long, default_value = "benches/record")]
    directory: PathBuf,
}

impl Source {
    fn record(self) -> Result<Record, BenchError> {
        if let Some(path) = self.from {
            return record::read(&path);
        }
        let mut survey = if self.quick {
            survey::answer()
        } else {
            survey::report()
        };
        if self.large {
            let large = survey::large();
            survey.steps.extend(large.steps);
            survey.memory.extend(large.memory);
        }
        survey.guests = self.guest.iter().map(|path| Guest::new(path)).collect();
        survey.guests.extend(self.fips.as_deref().map(Guest::fips));
        survey::run(&survey, &mut Bar::default())
    }
}

impl Report {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let record = self.source.record()?;
        if let Some(noise) = record.noise() {
            eprintln!("{noise}");
        }
        // The samples first: what shows them can be made again.
        if let Some(path) = &self.json {
            record::write(&record, path)?;
            println!("{}", path.display());
        }
        let texts = [
            (
                &self.html,
                html::page as fn(&Record) -> Result<String, BenchError>,
            ),
            (&self.csv, csv::text),
            (&self.markdown, markdown::text),
        ];
        for (path, text) in texts {
            if let Some(path) = path {
                write(path, &text(&record)?)?;
            }
        }
        Ok(())
    }
}

impl RecordCommand {
    pub(super) fn run(self) -> Result<(), BenchError> {
        let record = self.source.record()?;
        if let Some(noise) = record.noise() {
            eprintln!("{noise}");
        }
        let day = record.created.split('T').next().unwrap_or("undated");
        let folder = self.directory.join(record::directory_name(&record.cpu));
        let path = folder.join(format!("{day}.json"));
        record::write(&record, &path)?;
        println!("{}", path.display());
        Ok(())
    }
}

fn write(path: &Path, text: &str) -> Result<(), BenchError> {
    fs::write(path, text)?;
    println!("{}", path.display());
    Ok(())
}
