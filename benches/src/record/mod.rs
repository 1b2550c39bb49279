//! What one run found out: the samples themselves, on which CPU, under which conditions.
//!
//! Everything that is shown comes from a [`Record`]: the tables, the page, the figures
//! of a comparison. A figure that no sample stands behind is nowhere stored.

mod conditions;
mod file;
mod series;

use serde::{Deserialize, Serialize};

pub use conditions::{Conditions, Watch};
pub(crate) use file::text;
pub use file::{directory_name, read, write};
pub(crate) use series::merge;
#[cfg(test)]
pub(crate) use series::tests::series;
pub use series::{Place, Series};

use crate::{cpu::Cpu, memory::MemoryPerMember};

/// The format of [`Record`]: a reader refuses any other.
pub const FORMAT: u32 = 1;

/// One run of `mls-bench`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of `mls_bench`.
    pub version: String,
    /// When the run ended, in UTC: `2026-01-31T12:00:00Z`.
    pub created: String,
    /// The CPU.
    pub cpu: Cpu,
    /// What else went on.
    pub conditions: Conditions,
    /// The samples.
    pub series: Vec<Series>,
    /// What a group takes of memory.
    pub memory: Vec<MemoryPerMember>,
}

/// What a series is asked for by; `None` and empty stand for what it does not have.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The scenario, or the operation of lanes.
    pub scenario: &'a str,
    /// The ciphersuite's number.
    pub suite: Option<&'a str>,
    /// The members of the group, or the elements of the batch.
    pub size: Option<usize>,
    /// The engine.
    pub engine: &'a str,
}

impl Record {
    /// The series of all features and unlimited threads that is `wanted`.
    pub fn find(&self, wanted: Wanted<'_>) -> Option<&Series> {
        self.series.iter().find(|series| {
            series.masked.is_none()
                && series.threads.is_none()
                && series.scenario == wanted.scenario
                && series.suite.as_deref() == wanted.suite
                && series.size == wanted.size
                && series.engine == wanted.engine
        })
    }

    /// The median of the series that is `wanted`, in microseconds.
    pub fn median(&self, wanted: Wanted<'_>) -> Option<f64> {
        Some(self.find(wanted)?.summary()?.median_us)
    }

    /// The share of the series that are [`Series::is_noisy`], 0 to 1.
    pub fn noisy_share(&self) -> f64 {
        let noisy = self.series.iter().filter(|series| series.is_noisy());
        noisy.count() as f64 / self.series.len().max(1) as f64
    }

    /// What has to be said about the machine, `None` if it was quiet: with more noise
    /// than this, differences of a few per cent mean nothing.
    pub fn noise(&self) -> Option<String> {
        let share = self.noisy_share();
        let others = self.conditions.busy_with_others;
        if share <= 0.1 && others.is_none_or(|others| others <= 0.05) {
            return None;
        }
        let others = others.map_or_else(String::new, |others| {
            format!("other work took {:.0} % of its time, and ", others * 100.0)
        });
        Some(format!(
            "The machine was too noisy to trust differences of less than a fifth: {others}the \
             samples of {:.0} % of the series lie far apart. Measure again when it is idle.",
            share * 100.0
        ))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record of this CPU without samples.
    pub(crate) fn record() -> Record {
        Record {
            format: FORMAT,
            version: "0.0.0".to_owned(),
            created: "2026-01-31T12:00:00Z".to_owned(),
            cpu: Cpu::detect(),
            conditions: Conditions::default(),
            series: Vec::new(),
            memory: Vec::new(),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let directory = std::env::temp_dir().join(format!("mls-bench-{}", std::process::id()));
        let path = directory.join("record.json");
        let mut written = record();
        written.series = vec![
            series("sign", "hw", &[1.5, 2.0]),
            series("sign", "ring", &[3.0]),
        ];
        write(&written, &path).unwrap();
        assert_eq!(read(&path).unwrap(), written);
        let text = std::fs::read_to_string(&path).unwrap();
        for (from, to) in [
            ("\"format\": 1", "\"format\": 9"),
            ("[1.5,2.0]", "[1.5,-2.0]"),
            ("}", ""),
        ] {
            assert!(text.contains(from), "{text}");
            std::fs::write(&path, text.replacen(from, to, 1)).unwrap();
            let error = read(&path).unwrap_err();
            assert!(error.to_string().contains("record.json"), "{error}");
        }
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn noise_is_said() {
        let mut record = record();
        record.series = vec![series("sign", "hw", &[1.0, 1.0, 1.0])];
        assert_eq!(record.noise(), None);
        record.conditions.busy_with_others = Some(0.4);
        assert!(record.noise().unwrap().contains("40 %"));
        record.conditions.busy_with_others = None;
        record.series.push(series("sign", "ring", &[1.0, 2.0, 4.0]));
        assert!(record.noise().unwrap().contains("50 %"));
    }
}
