//! One measurement after the other, as `mls-bench measure` prints them.

use std::io::{self, Write};

use serde::Serialize;

use crate::{
    measure::{Measured, Measurement},
    suite,
};

/// One line of JSON: one engine's figures for one scenario and suite.
#[derive(Debug, Serialize)]
struct Line {
    scenario: &'static str,
    /// As RFC 9420 writes it: `0x0001`.
    suite: String,
    /// `null` if the scenario has no group and no batch.
    members: Option<usize>,
    engine: &'static str,
    /// `null` if they were not limited.
    threads: Option<usize>,
    runs: usize,
    median_us: f64,
    min_us: f64,
    mad_us: f64,
    /// This engine's median by that of the reference on as many threads; `null` if that
    /// did not run.
    ratio: Option<f64>,
}

/// Writes `measurement` to `out`, one JSON object a line and engine.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_json(out: &mut impl Write, measurement: &Measurement) -> io::Result<()> {
    for measured in &measurement.engines {
        write_line(out, &line(measurement, measured))?;
    }
    out.flush()
}

/// Writes one line of JSON.
pub(crate) fn write_line(out: &mut impl Write, line: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    writeln!(out)
}

/// Writes the heading of the table of [`write_rows`] to `out`.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_heading(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<32}{:<8}{:>8}  {:<12}{:>8}{:>6}{:>14}{:>14}{:>12}{:>8}",
        "scenario",
        "suite",
        "members",
        "engine",
        "threads",
        "runs",
        "median us",
        "min us",
        "MAD us",
        "ratio"
    )
}

/// Writes `measurement` to `out`, one row an engine, and the engines that were skipped.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_rows(out: &mut impl Write, measurement: &Measurement) -> io::Result<()> {
    for measured in &measurement.engines {
        let line = line(measurement, measured);
        writeln!(
            out,
            "{:<32}{:<8}{:>8}  {:<12}{:>8}{:>6}{:>14.3}{:>14.3}{:>12.3}{:>8}",
            line.scenario,
            line.suite,
            number(line.members),
            line.engine,
            number(line.threads),
            line.runs,
            line.median_us,
            line.min_us,
            line.mad_us,
            line.ratio
                .map_or_else(absent, |ratio| format!("{ratio:.2}")),
        )?;
    }
    out.flush()
}

fn line(measurement: &Measurement, measured: &Measured) -> Line {
    Line {
        scenario: measurement.scenario,
        suite: suite::number(measurement.suite),
        members: measurement.members,
        engine: measured.engine,
        threads: measured.threads,
        runs: measured.summary.runs,
        median_us: rounded(measured.summary.median_us),
        min_us: rounded(measured.summary.min_us),
        mad_us: rounded(measured.summary.mad_us),
        ratio: measurement.ratio(measured).map(rounded),
    }
}

fn number(value: Option<usize>) -> String {
    value.map_or_else(absent, |value| value.to_string())
}

/// What stands in a table for a value that there is not.
pub(crate) fn absent() -> String {
    "-".to_owned()
}

/// Four decimals: more would pretend to a precision that no clock has.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}
