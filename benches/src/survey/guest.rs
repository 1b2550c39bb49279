//! Measurements in other processes: this program under other conditions, or a program
//! with engines that cannot be linked beside the others.
//!
//! Both sides speak JSON: a list of steps on standard input, a [`Found`] a line back.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use super::{Found, Progress, Step};
use crate::{
    BenchError,
    engines::{EngineRow, FIPS_SUFFIX},
    record::{Place, Series},
};

/// The argument that makes a program a guest.
pub const ARGUMENT: &str = "work";

/// A program that measures what it is told.
#[derive(Clone, Debug)]
pub struct Guest {
    program: PathBuf,
    environment: Vec<(&'static str, &'static str)>,
    /// The engines to ask for; empty for all that it has.
    engines: &'static [&'static str],
    /// What is put behind the names of its engines.
    suffix: &'static str,
}

impl Guest {
    /// The program at `path`.
    pub fn new(path: &Path) -> Self {
        Self {
            program: path.to_owned(),
            environment: Vec::new(),
            engines: &[],
            suffix: "",
        }
    }

    /// The program at `path`, which is this one built with AWS-LC's FIPS module, in FIPS
    /// mode: its engines are `hw-fips` and `hw-batch-fips`.
    pub fn fips(path: &Path) -> Self {
        Self {
            environment: vec![(mls_fips::VARIABLE, "on")],
            engines: &["hw", "hw-batch"],
            suffix: FIPS_SUFFIX,
            ..Self::new(path)
        }
    }

    /// This program once more.
    ///
    /// # Errors
    ///
    /// [`BenchError::Output`] if the system does not tell where it lies.
    pub fn this_program() -> Result<Self, BenchError> {
        Ok(Self::new(&std::env::current_exe()?))
    }

    /// With these variables in its environment.
    pub(super) fn with_environment(self, variables: &[(&'static str, &'static str)]) -> Self {
        Self {
            environment: variables.to_vec(),
            ..self
        }
    }

    /// Has it measure `steps`.
    ///
    /// # Errors
    ///
    /// [`BenchError::Guest`] if it cannot be started, fails, or answers something else.
    pub fn measure(&self, steps: &[Step]) -> Result<Vec<Found>, BenchError> {
        let mut child = self
            .start()
            .map_err(|error| self.failed(error.to_string()))?;
        let answer = converse(&mut child, steps);
        let status = child.wait();
        let said = child.stderr.as_mut().map(read_all).unwrap_or_default();
        match (answer, status) {
            (Ok(found), Ok(status)) if status.success() => Ok(found),
            (Err(error), Ok(status)) if status.success() => Err(self.failed(error.to_string())),
            (_, _) => Err(self.failed(said.trim().to_owned())),
        }
    }

    /// What of `steps` it can do.
    pub(super) fn steps_of(&self, steps: &[Step]) -> Vec<Step> {
        let steps = steps.iter().filter_map(Step::for_guests);
        let own = steps.filter_map(|step| {
            let is_wanted = |name: &&&str| step.engines.iter().any(|wanted| wanted == **name);
            let names: Vec<&str> = self.engines.iter().filter(is_wanted).copied().collect();
            let is_for_it = self.engines.is_empty() || !names.is_empty();
            is_for_it.then(|| step.with_engines(&names))
        });
        own.collect()
    }

    /// The series that it measures of `steps`, one step after the other.
    pub(super) fn measure_all(
        &self,
        steps: &[Step],
        progress: &mut dyn Progress,
    ) -> Result<Vec<Series>, BenchError> {
        let mut all = Vec::new();
        for step in &self.steps_of(steps) {
            let name = self
                .program
                .file_name()
                .unwrap_or_default()
                .to_string_lossy();
            progress.next(&format!("{}, {name}", step.title()));
            all.extend(self.series(std::slice::from_ref(step))?);
        }
        Ok(all)
    }

    /// The series that it measures of `steps`, marked as another process's.
    pub(super) fn series(&self, steps: &[Step]) -> Result<Vec<Series>, BenchError> {
        let found = self.measure(steps)?.into_iter();
        let marked = found.filter_map(|found| match found {
            Found::Series(series) => Some(Series {
                place: Place::OtherProcess,
                engine: series.engine + self.suffix,
                ..series
            }),
            Found::Memory(_) => None,
        });
        Ok(marked.collect())
    }

    fn start(&self) -> io::Result<Child> {
        Command::new(&self.program)
            .arg(ARGUMENT)
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
    }

    fn failed(&self, reason: String) -> BenchError {
        BenchError::Guest {
            program: self.program.display().to_string(),
            reason,
        }
    }
}

/// Tells the child its steps, then listens until it has said everything.
fn converse(child: &mut Child, steps: &[Step]) -> io::Result<Vec<Found>> {
    if let Some(mut input) = child.stdin.take() {
        serde_json::to_writer(&mut input, steps)?;
    }
    let Some(output) = child.stdout.take() else {
        return Ok(Vec::new());
    };
    let lines = BufReader::new(output).lines();
    lines
        .map(|line| Ok(serde_json::from_str(&line?)?))
        .collect()
}

fn read_all(from: &mut impl Read) -> String {
    let mut text = String::new();
    // What cannot be read cannot be passed on.
    let _ = from.read_to_string(&mut text);
    text
}

/// The other side: measures the steps that `input` lists on `rows`, and writes what it
/// finds to `output`.
///
/// # Errors
///
/// [`BenchError`] of the first step that fails.
pub fn work(
    rows: &'static [EngineRow],
    input: impl Read,
    mut output: impl Write,
) -> Result<(), BenchError> {
    let steps: Vec<Step> = serde_json::from_reader(input).map_err(io::Error::from)?;
    for step in steps {
        let step = if step.engines.is_empty() {
            step.with_every(rows)
        } else {
            step
        };
        for found in step.find(rows)? {
            serde_json::to_writer(&mut output, &found).map_err(io::Error::from)?;
            writeln!(output)?;
        }
    }
    Ok(output.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite;

    #[test]
    fn a_guest_does_what_is_asked_of_its_engines_and_no_more() {
        let step = |names: &[&str]| Step::scenario("sign", &suite::all(), 2).with_engines(names);
        let steps = [
            step(&["hw", "rust-crypto"]),
            step(&["rust-crypto"]),
            Step::of(super::super::Work::Memory {
                suite: 1,
                members: 2,
            }),
        ];
        let engines = |guest: Guest| -> Vec<Vec<String>> {
            let steps = guest.steps_of(&steps).into_iter();
            steps.map(|step| step.engines).collect()
        };
        assert_eq!(engines(Guest::fips("x".as_ref())), [["hw"]]);
        // Empty: whatever engines it has.
        assert_eq!(engines(Guest::new("x".as_ref())), [[""; 0], [""; 0]]);
    }
}
