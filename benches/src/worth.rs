//! What each CPU feature is worth: times without it by times with all of them.

use crate::{cpu::FEATURES, record::Record, statistics::median};

/// What one measurement loses without one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Worth {
    /// The feature's name.
    pub feature: &'static str,
    /// What else is gone with it.
    pub also: &'static [&'static str],
    /// The scenario.
    pub scenario: String,
    /// The ciphersuite.
    pub suite: String,
    /// The engine.
    pub engine: String,
    /// How many times as long it takes without the feature.
    pub factor: f64,
}

/// The series that have taken turns with the masked ones are masked `nothing`.
pub(crate) const NOTHING: &str = "nothing";

/// The worth of every feature in every measurement that `record` has with and without
/// it, on the engine that shows the feature.
pub fn worth(record: &Record) -> Vec<Worth> {
    let mut all = Vec::new();
    for feature in FEATURES {
        let Some(mask) = feature.mask else { continue };
        let masked = record.series.iter().filter(|series| {
            series.masked.as_deref() == Some(feature.name) && series.engine == mask.engine
        });
        for series in masked {
            let mut twin = series.clone();
            twin.masked = Some(NOTHING.to_owned());
            let with = record.series.iter().find(|other| other.is_same(&twin));
            let medians = with
                .and_then(|with| Some((median(&series.samples_us)?, median(&with.samples_us)?)));
            if let Some((without, with)) = medians {
                all.push(Worth {
                    feature: feature.name,
                    also: mask.also,
                    scenario: series.scenario.clone(),
                    suite: series.suite.clone().unwrap_or_default(),
                    engine: series.engine.clone(),
                    factor: without / with,
                });
            }
        }
    }
    all
}

/// For each feature the measurement that loses most without it.
pub fn greatest(all: &[Worth]) -> Vec<&Worth> {
    FEATURES
        .iter()
        .filter_map(|feature| {
            let of_feature = all.iter().filter(|worth| worth.feature == feature.name);
            of_feature.max_by(|a, b| a.factor.total_cmp(&b.factor))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{series, tests::record};

    #[test]
    fn the_worth_is_the_time_without_by_the_time_with() {
        let mut record = record();
        for (masked, scenario, engine, time) in [
            (Some(NOTHING), "aead-encrypt", "hw", 2.0),
            (Some("VAES"), "aead-encrypt", "hw", 5.0),
            (Some("VAES"), "aead-encrypt", "mls-rs-openssl", 9.0),
            (Some(NOTHING), "sign", "hw", 4.0),
            (Some("VAES"), "sign", "hw", 4.0),
            (None, "sign", "hw", 1.0),
        ] {
            let mut series = series(scenario, engine, &[time]);
            series.masked = masked.map(str::to_owned);
            record.series.push(series);
        }
        let all = worth(&record);
        let found: Vec<_> = all
            .iter()
            .map(|worth| (&*worth.scenario, worth.factor))
            .collect();
        assert_eq!(found, [("aead-encrypt", 2.5), ("sign", 1.0)]);
        assert_eq!(greatest(&all), [&all[0]]);
    }
}
