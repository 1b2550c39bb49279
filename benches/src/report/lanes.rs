//! Measurements of lanes as people and as programs read them.

use std::io::{self, Write};

use serde::Serialize;

use super::lines::{absent, rounded, write_line};
use crate::{
    lanes::{BreakEven, LaneMeasurement, break_even::LARGEST},
    measure::Measured,
};

/// One line of JSON: one engine's figures for one operation and length of batch.
#[derive(Debug, Serialize)]
struct Line {
    scenario: &'static str,
    op: &'static str,
    engine: &'static str,
    batch: usize,
    /// Microseconds for one element, as are the next two.
    median_us: f64,
    min_us: f64,
    mad_us: f64,
    /// The median of `aws-lc-rs` by this engine's; `null` if `aws-lc-rs` did not run.
    speedup: Option<f64>,
    /// Cycles of the core for one element, by its measured frequency.
    cycles_per_lane: Option<f64>,
    /// The fewest cycles by those taken; `null` for engines without vectors.
    share_of_limit: Option<f64>,
}

/// One line of JSON: one engine's break-even in one operation.
#[derive(Debug, Serialize)]
struct BreakEvenLine {
    scenario: &'static str,
    op: &'static str,
    engine: &'static str,
    /// `null` if no batch that was measured is faster.
    first_faster: Option<usize>,
    /// `null` if the longest batch that was measured is not faster.
    always_faster_from: Option<usize>,
    largest_measured: usize,
}

/// Writes `measurement` to `out`, one JSON object a line and engine.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_json(out: &mut impl Write, measurement: &LaneMeasurement) -> io::Result<()> {
    for measured in &measurement.engines {
        write_line(out, &line(measurement, measured))?;
    }
    out.flush()
}

/// Writes the heading of the table of [`write_rows`] to `out`.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_heading(out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{:<16}{:<14}{:>6}{:>14}{:>14}{:>12}{:>9}{:>10}{:>10}",
        "op", "engine", "batch", "median us", "min us", "MAD us", "speedup", "cycles", "of limit"
    )
}

/// Writes `measurement` to `out`, one row an engine.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_rows(out: &mut impl Write, measurement: &LaneMeasurement) -> io::Result<()> {
    for measured in &measurement.engines {
        let line = line(measurement, measured);
        writeln!(
            out,
            "{:<16}{:<14}{:>6}{:>14.3}{:>14.3}{:>12.3}{:>9}{:>10}{:>10}",
            line.op,
            line.engine,
            line.batch,
            line.median_us,
            line.min_us,
            line.mad_us,
            ratio(line.speedup),
            line.cycles_per_lane
                .map_or_else(absent, |cycles| cycles.to_string()),
            ratio(line.share_of_limit),
        )?;
    }
    out.flush()
}

/// Writes `found` to `out`, one JSON object a line.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_break_even_json(out: &mut impl Write, found: &[BreakEven]) -> io::Result<()> {
    for found in found {
        let line = BreakEvenLine {
            scenario: "lanes-break-even",
            op: found.operation,
            engine: found.engine,
            first_faster: found.first,
            always_faster_from: found.always,
            largest_measured: LARGEST.get(),
        };
        write_line(out, &line)?;
    }
    out.flush()
}

/// Writes `found` to `out` as a table with its heading.
///
/// # Errors
///
/// What `out` refuses.
pub fn write_break_even_rows(out: &mut impl Write, found: &[BreakEven]) -> io::Result<()> {
    let batch = |batch: Option<usize>| batch.map_or_else(absent, |batch| batch.to_string());
    writeln!(
        out,
        "{:<16}{:<14}{:>16}{:>22}",
        "op", "engine", "first faster", "always faster from"
    )?;
    for found in found {
        writeln!(
            out,
            "{:<16}{:<14}{:>16}{:>22}",
            found.operation,
            found.engine,
            batch(found.first),
            batch(found.always)
        )?;
    }
    out.flush()
}

fn line(measurement: &LaneMeasurement, measured: &Measured) -> Line {
    Line {
        scenario: "lanes",
        op: measurement.operation,
        engine: measured.engine,
        batch: measurement.batch.get(),
        median_us: rounded(measured.summary.median_us),
        min_us: rounded(measured.summary.min_us),
        mad_us: rounded(measured.summary.mad_us),
        speedup: measurement.speedup(measured).map(rounded),
        cycles_per_lane: measurement.cycles(measured).map(f64::round),
        share_of_limit: measurement.share_of_limit(measured).map(rounded),
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(absent, |value| format!("{value:.2}"))
}
