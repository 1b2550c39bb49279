//! Two records compared, with confidence.
//!
//! The figure for a series is the ratio of the two medians. How far chance can move it is
//! found by the percentile bootstrap (Efron and Tibshirani, An Introduction to the
//! Bootstrap, chapter 13): both sets of samples are drawn again, with replacement, and
//! the interval holds the middle 99 of 100 ratios that come out. It knows of chance
//! within a run alone; what differs between runs of the same program, such as the
//! addresses that memory has, it cannot see. So a regression must exceed a tolerance too.

use crate::{
    BenchError,
    record::{Record, Series},
    statistics::median,
};

/// How often the samples are drawn again.
const DRAWS: usize = 2000;

/// The share of the ratios outside of the interval, half of it on each side.
const OUTSIDE: f64 = 0.01;

/// One series in both records.
#[derive(Clone, Debug)]
pub struct Change {
    /// What was measured.
    pub title: String,
    /// The median of the first record, in microseconds.
    pub before_us: f64,
    /// The median of the second.
    pub after_us: f64,
    /// The second by the first: above 1, it became slower.
    pub ratio: f64,
    /// The interval that holds the ratio with 99 % confidence.
    pub interval: (f64, f64),
    /// What that means.
    pub verdict: Verdict,
}

/// The meaning of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Slower by more than the tolerance, with confidence.
    Slower,
    /// Faster by more than the tolerance, with confidence.
    Faster,
    /// Neither can be said.
    Same,
}

impl Verdict {
    /// One word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Slower => "slower",
            Self::Faster => "faster",
            Self::Same => "same",
        }
    }
}

/// Every series that both records have, in the order of the first. `tolerance` is a
/// share: 0.05 for 5 %.
///
/// # Errors
///
/// [`BenchError::NothingInCommon`] if they share none.
pub fn compare(before: &Record, after: &Record, tolerance: f64) -> Result<Vec<Change>, BenchError> {
    let pairs = before.series.iter().filter_map(|series| {
        let same = after.series.iter().find(|other| other.is_same(series))?;
        change(series, same, tolerance)
    });
    let changes: Vec<Change> = pairs.collect();
    if changes.is_empty() {
        return Err(BenchError::NothingInCommon);
    }
    Ok(changes)
}

fn change(before: &Series, after: &Series, tolerance: f64) -> Option<Change> {
    let before_us = median(&before.samples_us)?;
    let after_us = median(&after.samples_us)?;
    let interval = interval(&before.samples_us, &after.samples_us)?;
    let verdict = match interval {
        (low, _) if low > 1.0 + tolerance => Verdict::Slower,
        (_, high) if high < 1.0 / (1.0 + tolerance) => Verdict::Faster,
        _ => Verdict::Same,
    };
    Some(Change {
        title: before.title(),
        before_us,
        after_us,
        ratio: after_us / before_us,
        interval,
        verdict,
    })
}

fn interval(before: &[f64], after: &[f64]) -> Option<(f64, f64)> {
    let mut random = SplitMix64(before.len() as u64 ^ (after.len() as u64) << 32);
    let draws = (0..DRAWS).map(|_| {
        let drawn = median(&draw(before, &mut random))?;
        Some(median(&draw(after, &mut random))? / drawn)
    });
    let mut ratios: Vec<f64> = draws.collect::<Option<_>>()?;
    ratios.sort_by(f64::total_cmp);
    let cut = (DRAWS as f64 * OUTSIDE / 2.0) as usize;
    Some((*ratios.get(cut)?, *ratios.get(DRAWS - 1 - cut)?))
}

/// As many of `samples` as there are, each drawn anew.
fn draw(samples: &[f64], random: &mut SplitMix64) -> Vec<f64> {
    (0..samples.len())
        .map(|_| samples[random.below(samples.len())])
        .collect()
}

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same records give the same verdicts.
struct SplitMix64(u64);

impl SplitMix64 {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        // The high half of a product: as even as bounds far below 2^64 can tell.
        ((u128::from(mixed) * bound as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{series, tests::record};

    fn verdict(before: &[f64], after: &[f64]) -> Verdict {
        let with = |samples| {
            let mut record = record();
            record.series = vec![series("sign", "hw", samples)];
            record
        };
        let changes = compare(&with(before), &with(after), 0.05).unwrap();
        assert_eq!(changes.len(), 1);
        let (low, high) = changes[0].interval;
        assert!(low <= changes[0].ratio && changes[0].ratio <= high);
        changes[0].verdict
    }

    #[test]
    fn a_clear_change_is_told_and_one_lost_in_noise_is_not() {
        let quiet = [10.0, 10.1, 10.2, 9.9, 10.0, 10.1, 9.8, 10.0, 10.2];
        let slower = quiet.map(|sample| sample * 1.2);
        assert_eq!(verdict(&quiet, &slower), Verdict::Slower);
        assert_eq!(verdict(&slower, &quiet), Verdict::Faster);
        assert_eq!(verdict(&quiet, &quiet), Verdict::Same);
        // By two in a hundred: certain, and within the tolerance.
        assert_eq!(
            verdict(&quiet, &quiet.map(|sample| sample * 1.02)),
            Verdict::Same
        );
        let noisy = [10.0, 30.0, 11.0, 50.0, 10.0, 28.0, 9.0, 60.0, 12.0];
        assert_eq!(
            verdict(&noisy, &noisy.map(|sample| sample * 1.2)),
            Verdict::Same
        );
    }

    #[test]
    fn records_without_a_common_series_cannot_be_compared() {
        let (mut before, mut after) = (record(), record());
        before.series = vec![series("sign", "hw", &[1.0])];
        after.series = vec![series("sign", "ring", &[1.0])];
        assert!(matches!(
            compare(&before, &after, 0.05),
            Err(BenchError::NothingInCommon)
        ));
    }
}
