//! The samples of one engine in one scenario.

use serde::{Deserialize, Serialize};

use crate::statistics::Summary;

/// In which process the samples were taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In turn with the other engines, within one process.
    Here,
    /// In a process of its own: the engine cannot be linked beside the others, or CPU
    /// features were masked.
    OtherProcess,
}

/// The samples of one engine in one scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Series {
    /// The scenario's name, or that of an operation of lanes.
    pub scenario: String,
    /// The ciphersuite as RFC 9420 writes it, such as `0x0001`; `None` for lanes.
    pub suite: Option<String>,
    /// The members of the group, or the elements of the batch.
    pub size: Option<usize>,
    /// The engine's name.
    pub engine: String,
    /// The number of threads; `None` if they were not limited.
    pub threads: Option<usize>,
    /// The CPU feature that was kept from the engine.
    pub masked: Option<String>,
    /// In which process.
    pub place: Place,
    /// Microseconds for one operation, in the order they were taken, to a tenth of a
    /// nanosecond.
    pub samples_us: Vec<f64>,
}

/// The median distance from the median, as a share of it, that is no longer quiet.
const NOISY: f64 = 0.05;

impl Series {
    /// The samples in three figures; `None` if there are none.
    pub fn summary(&self) -> Option<Summary> {
        Summary::of(&self.samples_us)
    }

    /// Whether the samples lie too far apart to tell a small difference.
    pub fn is_noisy(&self) -> bool {
        self.summary()
            .is_some_and(|summary| summary.mad_us > NOISY * summary.median_us)
    }

    /// Whether `other` has samples of the same thing.
    pub fn is_same(&self, other: &Self) -> bool {
        self.scenario == other.scenario
            && self.suite == other.suite
            && self.size == other.size
            && self.engine == other.engine
            && self.threads == other.threads
            && self.masked == other.masked
    }

    /// What was measured, in a few words.
    pub fn title(&self) -> String {
        let number = |before: &str, value: Option<usize>| {
            value
                .map(|value| format!("{before}{value}"))
                .unwrap_or_default()
        };
        let suite = self.suite.as_deref().map(|suite| format!(" {suite}"));
        let masked = self
            .masked
            .as_deref()
            .map(|name| format!(" without {name}"));
        format!(
            "{}{}{} {}{}{}",
            self.scenario,
            suite.unwrap_or_default(),
            number(" x", self.size),
            self.engine,
            number(" threads ", self.threads),
            masked.unwrap_or_default()
        )
    }
}

/// Adds `more` to `all`, the samples of the same thing to one series.
pub(crate) fn merge(all: &mut Vec<Series>, more: impl IntoIterator<Item = Series>) {
    for series in more {
        match all.iter_mut().find(|other| other.is_same(&series)) {
            Some(other) => other.samples_us.extend(series.samples_us),
            None => all.push(series),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A series of engine `engine` in scenario `scenario`.
    pub(crate) fn series(scenario: &str, engine: &str, samples_us: &[f64]) -> Series {
        Series {
            scenario: scenario.to_owned(),
            suite: Some("0x0001".to_owned()),
            size: None,
            engine: engine.to_owned(),
            threads: None,
            masked: None,
            place: Place::Here,
            samples_us: samples_us.to_vec(),
        }
    }

    #[test]
    fn samples_of_the_same_thing_are_one_series() {
        let mut all = vec![series("sign", "hw", &[1.0])];
        merge(
            &mut all,
            [series("sign", "hw", &[2.0]), series("sign", "ring", &[3.0])],
        );
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].samples_us, [1.0, 2.0]);
    }

    #[test]
    fn samples_that_lie_far_apart_are_noisy() {
        assert!(!series("sign", "hw", &[10.0, 10.1, 10.2, 90.0]).is_noisy());
        assert!(series("sign", "hw", &[10.0, 12.0, 14.0, 16.0]).is_noisy());
        assert!(!series("sign", "hw", &[]).is_noisy());
    }
}
