//! The figures that stand for a series of samples.
//!
//! Timings on a shared machine have a long tail to one side, so the median and the
//! median absolute deviation are reported, which a few disturbed samples do not
//! move, and the minimum, which comes closest to an undisturbed run.

use std::time::Duration;

/// A series of samples in three figures, in microseconds for one operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// How many samples there were.
    pub runs: usize,
    /// The median of the samples.
    pub median_us: f64,
    /// The smallest sample.
    pub min_us: f64,
    /// The median of the samples' distances from their median, unscaled.
    pub mad_us: f64,
}

impl Summary {
    /// Summarises `samples`, each the time of one operation in microseconds.
    /// `None` if there are none.
    pub fn of(samples: &[f64]) -> Option<Self> {
        let median_us = median(samples)?;
        let distances: Vec<f64> = samples.iter().map(|x| (x - median_us).abs()).collect();
        Some(Self {
            runs: samples.len(),
            median_us,
            min_us: samples.iter().copied().fold(f64::INFINITY, f64::min),
            mad_us: median(&distances)?,
        })
    }
}

/// The middle value, or the mean of the two middle ones; `None` if there is none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    Some((sorted[sorted.len() / 2 - 1] + upper) / 2.0)
}

/// Microseconds for one of `iterations` operations that took `total` together.
pub fn microseconds_each(total: Duration, iterations: u64) -> f64 {
    total.as_secs_f64() * 1e6 / iterations as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_known_series() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.5]), Some(3.5));
        assert_eq!(median(&[9.0, 1.0]), Some(5.0));
        assert_eq!(median(&[5.0, 1.0, 100.0]), Some(5.0));
        assert_eq!(median(&[4.0, 1.0, 3.0, 2.0]), Some(2.5));
    }

    #[test]
    fn the_summary_of_a_known_series() {
        // Median 2; distances 1, 1, 0, 0, 2, 4, 7, whose median is 1.
        let summary = Summary::of(&[1.0, 1.0, 2.0, 2.0, 4.0, 6.0, 9.0]).unwrap();
        assert_eq!(
            summary,
            Summary {
                runs: 7,
                median_us: 2.0,
                min_us: 1.0,
                mad_us: 1.0
            }
        );
    }

    #[test]
    fn one_disturbed_sample_does_not_move_the_summary() {
        let quiet = Summary::of(&[10.0, 10.0, 10.0, 10.0, 11.0]).unwrap();
        let disturbed = Summary::of(&[10.0, 10.0, 10.0, 10.0, 9000.0]).unwrap();
        assert_eq!(quiet, disturbed);
    }

    #[test]
    fn no_samples_have_no_summary() {
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn time_is_divided_over_the_iterations() {
        assert_eq!(microseconds_each(Duration::from_millis(3), 1000), 3.0);
    }
}
