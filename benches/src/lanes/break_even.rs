//! From which length on a batch is faster than as many single calls.

use std::{collections::BTreeMap, num::NonZeroUsize};

use super::{LaneMeasurement, engine::REFERENCE};

/// The longest batch that is measured for a break-even.
pub const LARGEST: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// Every length that is measured for a break-even: 1 to [`LARGEST`].
pub fn batches() -> impl Iterator<Item = NonZeroUsize> {
    (1..=LARGEST.get()).filter_map(NonZeroUsize::new)
}

/// Where one engine overtakes the reference in one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakEven {
    /// The operation's name.
    pub operation: &'static str,
    /// The engine's name.
    pub engine: &'static str,
    /// The shortest batch that is faster; `None` if none that was measured is.
    pub first: Option<usize>,
    /// The shortest batch from which on all that were measured are faster. It is above
    /// `first` where a batch a little longer than a vector, its second vector almost
    /// empty, is slower again.
    pub always: Option<usize>,
}

/// The break-evens of every engine but the reference, from the `measurements` of one
/// operation on batches of several lengths. An engine that ran without the reference
/// has none.
pub fn break_evens(measurements: &[LaneMeasurement]) -> Vec<BreakEven> {
    let Some(first) = measurements.first() else {
        return Vec::new();
    };
    let names = first.engines.iter().map(|measured| measured.engine);
    names
        .filter(|&engine| engine != REFERENCE)
        .map(|engine| {
            let speedups = speedups(engine, measurements);
            BreakEven {
                operation: first.operation,
                engine,
                first: first_faster(&speedups),
                always: always_faster(&speedups),
            }
        })
        .collect()
}

/// The engine's speedup by length of batch.
fn speedups(engine: &str, measurements: &[LaneMeasurement]) -> BTreeMap<usize, f64> {
    let speedup = |measurement: &LaneMeasurement| {
        let mut engines = measurement.engines.iter();
        let measured = engines.find(|measured| measured.engine == engine)?;
        Some((measurement.batch.get(), measurement.speedup(measured)?))
    };
    measurements.iter().filter_map(speedup).collect()
}

fn first_faster(speedups: &BTreeMap<usize, f64>) -> Option<usize> {
    let mut batches = speedups.iter();
    batches
        .find(|&(_, &speedup)| speedup > 1.0)
        .map(|(&batch, _)| batch)
}

fn always_faster(speedups: &BTreeMap<usize, f64>) -> Option<usize> {
    let batches = speedups.iter().rev();
    let faster = batches.take_while(|&(_, &speedup)| speedup > 1.0);
    faster.last().map(|(&batch, _)| batch)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{measure::Measured, statistics::Summary};

    fn measured(engine: &'static str, median_us: f64) -> Measured {
        Measured {
            engine,
            threads: None,
            samples: vec![median_us],
            summary: Summary::of(&[median_us]).unwrap(),
        }
    }

    /// Measurements of the lengths 1, 2, ... on which the engine takes these times, and
    /// the reference 10.
    fn measurements(times: &[f64]) -> Vec<LaneMeasurement> {
        let batches = batches().zip(times);
        batches
            .map(|(batch, &time)| LaneMeasurement {
                operation: "p256-agree",
                batch,
                engines: vec![measured("avx2", time), measured(REFERENCE, 10.0)],
                gigahertz: BTreeMap::new(),
                unsupported: vec![],
            })
            .collect()
    }

    fn found(times: &[f64]) -> (Option<usize>, Option<usize>) {
        let found = break_evens(&measurements(times));
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].operation, found[0].engine),
            ("p256-agree", "avx2")
        );
        (found[0].first, found[0].always)
    }

    #[test]
    fn the_first_faster_batch_and_the_last_of_the_slower_ones_count() {
        assert_eq!(found(&[30.0, 15.0, 10.0, 9.0, 8.0]), (Some(4), Some(4)));
        assert_eq!(found(&[30.0, 9.0, 8.0, 11.0, 9.0]), (Some(2), Some(5)));
        assert_eq!(found(&[9.0, 5.0, 4.0]), (Some(1), Some(1)));
        assert_eq!(found(&[30.0, 9.0, 12.0]), (Some(2), None));
        assert_eq!(found(&[30.0, 20.0, 10.0]), (None, None));
    }

    #[test]
    fn without_measurements_or_reference_there_is_none() {
        assert_eq!(break_evens(&[]), []);
        let mut alone = measurements(&[1.0]);
        alone[0].engines.pop();
        let found = break_evens(&alone);
        assert_eq!((found[0].first, found[0].always), (None, None));
    }
}
