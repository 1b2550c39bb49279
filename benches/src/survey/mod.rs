//! Many measurements, one after the other: what is answered and reported from.

mod guest;
mod masked;
mod plans;
mod step;

use std::{
    num::NonZeroUsize,
    time::{Duration, SystemTime},
};

pub use guest::{ARGUMENT as GUEST, Guest, work};
pub use plans::{OPERATIONS, answer, large, report};
pub use step::{Found, Step, Work};

use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use crate::{
    BenchError,
    cpu::Cpu,
    engines::{ENGINES, EngineRow},
    memory::MemoryPerMember,
    record::{FORMAT, Record, Series, Watch, merge},
};

/// What a survey measures.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    /// What is measured within this process.
    pub steps: Vec<Step>,
    /// What is measured again with each CPU feature kept from it.
    pub masked: bool,
    /// Groups whose memory is measured: the suite's number, the members.
    pub memory: Vec<(u16, usize)>,
    /// Programs with further engines, each measured in a process of its own.
    pub guests: Vec<Guest>,
}

/// Hears how far a survey is.
pub trait Progress {
    /// There will be `total` pieces of work.
    fn begin(&mut self, total: usize);
    /// The next piece begins.
    fn next(&mut self, what: &str);
    /// All is done.
    fn end(&mut self);
}

/// Hears nothing.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _total: usize) {}
    fn next(&mut self, _what: &str) {}
    fn end(&mut self) {}
}

/// Measures everything in `survey`.
///
/// # Errors
///
/// [`BenchError`] of the first piece that fails: a record is whole or not at all.
pub fn run(survey: &Survey, progress: &mut dyn Progress) -> Result<Record, BenchError> {
    let masks = if survey.masked { masked::pieces() } else { 0 };
    let of_guests = survey.guests.iter();
    let of_guests = of_guests.map(|guest| guest.steps_of(&survey.steps).len());
    progress.begin(survey.steps.len() + masks + survey.memory.len() + of_guests.sum::<usize>());
    let watch = Watch::start();
    let mut series = own(&survey.steps, progress)?;
    if survey.masked {
        series.extend(masked::measure(progress)?);
    }
    for guest in &survey.guests {
        series.extend(guest.measure_all(&survey.steps, progress)?);
    }
    let memory = memory(&survey.memory, progress)?;
    progress.end();
    Ok(Record {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created: now(),
        cpu: Cpu::detect(),
        conditions: watch.finish(),
        series,
        memory,
    })
}

/// What is measured within this process.
fn own(steps: &[Step], progress: &mut dyn Progress) -> Result<Vec<Series>, BenchError> {
    let mut series = Vec::new();
    for step in steps {
        progress.next(&step.title());
        // What two steps measure is one series.
        merge(&mut series, step.measure(ENGINES)?);
    }
    Ok(series)
}

/// Each group in a process of its own, whose memory nothing else has used before.
fn memory(
    groups: &[(u16, usize)],
    progress: &mut dyn Progress,
) -> Result<Vec<MemoryPerMember>, BenchError> {
    let this_program = Guest::this_program()?;
    let mut measured = Vec::new();
    for &(suite, members) in groups {
        let step = Step::of(Work::Memory { suite, members }).with_engines(&["hw"]);
        progress.next(&step.title());
        for found in this_program.measure(&[step])? {
            if let Found::Memory(memory) = found {
                measured.push(memory);
            }
        }
    }
    Ok(measured)
}

fn now() -> String {
    let now = OffsetDateTime::from(SystemTime::now());
    let whole = now.replace_nanosecond(0).unwrap_or(now);
    whole
        .format(&Rfc3339)
        .unwrap_or_else(|_| now.unix_timestamp().to_string())
}

/// The engines of `rows` that `names` lists.
fn named(rows: &'static [EngineRow], names: &[String]) -> Vec<&'static EngineRow> {
    rows.iter()
        .filter(|row| names.iter().any(|name| name == row.name))
        .collect()
}

/// One thread, two, four, ... and all of `cores`.
fn thread_counts(cores: usize) -> Vec<NonZeroUsize> {
    let doubled = std::iter::successors(Some(1), |threads| Some(threads * 2));
    let mut counts: Vec<usize> = doubled.take_while(|&threads| threads < cores).collect();
    counts.push(cores.max(1));
    counts.into_iter().filter_map(NonZeroUsize::new).collect()
}

/// A budget in seconds as time.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_double_up_to_all_cores() {
        let counts = |cores| {
            thread_counts(cores)
                .into_iter()
                .map(usize::from)
                .collect::<Vec<_>>()
        };
        assert_eq!(counts(1), [1]);
        assert_eq!(counts(2), [1, 2]);
        assert_eq!(counts(6), [1, 2, 4, 6]);
    }

    #[test]
    fn a_moment_is_written_to_the_second() {
        let now = now();
        assert!(now.ends_with('Z') && now.len() == 20, "{now}");
    }
}
