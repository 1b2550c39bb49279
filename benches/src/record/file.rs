//! Records as files.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Write},
    path::Path,
};

use super::{FORMAT, Record};
use crate::{BenchError, cpu::Cpu};

/// Reads a record.
///
/// # Errors
///
/// [`BenchError::BadRecord`] if the file is none, or one of another format.
pub fn read(path: &Path) -> Result<Record, BenchError> {
    let bad = |reason: String| BenchError::BadRecord {
        path: path.display().to_string(),
        reason,
    };
    let file = File::open(path).map_err(|error| bad(error.to_string()))?;
    let record: Record =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| bad(error.to_string()))?;
    if record.format != FORMAT {
        let format = record.format;
        return Err(bad(format!("it has format {format}, not {FORMAT}")));
    }
    let samples = record.series.iter().flat_map(|series| &series.samples_us);
    if !samples
        .clone()
        .all(|&sample| sample.is_finite() && sample > 0.0)
    {
        return Err(bad("a sample is no positive time".to_owned()));
    }
    Ok(record)
}

/// Writes `record` to `path`, one series a line; whole or not at all.
///
/// # Errors
///
/// What the file system refuses.
pub fn write(record: &Record, path: &Path) -> Result<(), BenchError> {
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    let unfinished = path.with_extension("unfinished");
    let mut file = BufWriter::new(File::create(&unfinished)?);
    file.write_all(text(record)?.as_bytes())?;
    file.into_inner()
        .map_err(std::io::IntoInnerError::into_error)?
        .sync_all()?;
    Ok(std::fs::rename(&unfinished, path)?)
}

/// The record as JSON, one series a line, so that a difference can be read.
pub(crate) fn text(record: &Record) -> Result<String, BenchError> {
    let head = Record {
        series: Vec::new(),
        ..record.clone()
    };
    let head = serde_json::to_string_pretty(&head).map_err(std::io::Error::from)?;
    let lines = record.series.iter().map(serde_json::to_string);
    let lines: Vec<String> = lines
        .collect::<Result<_, _>>()
        .map_err(std::io::Error::from)?;
    let series = format!("\"series\": [\n    {}\n  ]", lines.join(",\n    "));
    Ok(head.replacen("\"series\": []", &series, 1) + "\n")
}

/// The name of the CPU's folder: its model in lower case, words joined by hyphens.
pub fn directory_name(cpu: &Cpu) -> String {
    let described = cpu.described().to_lowercase();
    let words = described.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-")
}
