//! Measures one operation on batches of one length, engines in turn.

use std::{
    collections::BTreeMap,
    num::NonZeroUsize,
    sync::{Arc, mpsc},
};

use super::{
    Inputs, LaneEngine, Operation,
    batch::{BatchTrial, elements},
    clock::Clocked,
    engine::REFERENCE,
    limit::limit,
};
use crate::{
    BenchError,
    measure::{Contender, Measured, Plan, median_of, race},
    scenario::Trial,
    statistics::median,
};

/// The result of one operation on batches of one length. Times are for one element.
#[derive(Clone, Debug)]
pub struct LaneMeasurement {
    /// The operation's name.
    pub operation: &'static str,
    /// The number of elements of a batch.
    pub batch: NonZeroUsize,
    /// The engines that ran, in the order they were given.
    pub engines: Vec<Measured>,
    /// The core's median frequency behind the samples of each engine, in gigahertz.
    pub gigahertz: BTreeMap<&'static str, f64>,
    /// The names of the engines that lack the operation.
    pub unsupported: Vec<&'static str>,
}

impl LaneMeasurement {
    /// The reference engine's median by that of `measured`, `None` without one. Above
    /// 1, the reference is slower.
    pub fn speedup(&self, measured: &Measured) -> Option<f64> {
        Some(median_of(REFERENCE, &self.engines)? / measured.summary.median_us)
    }

    /// The median of `measured` in cycles of the core for one element; `None` if its
    /// frequency was not measured.
    pub fn cycles(&self, measured: &Measured) -> Option<f64> {
        let gigahertz = self.gigahertz.get(measured.engine)?;
        Some(measured.summary.median_us * 1e3 * gigahertz)
    }

    /// The [`limit`] of the engine by its cycles, 1 at the limit; `None` for engines
    /// without vectors.
    pub fn share_of_limit(&self, measured: &Measured) -> Option<f64> {
        Some(limit(measured.engine, self.operation)? / self.cycles(measured)?)
    }
}

/// Prepares `operation` on `engine`, in batches of `batch` elements of `inputs`, which
/// [`inputs`] makes. `Ok(None)` if the engine lacks it.
///
/// # Errors
///
/// What the engine refused.
pub fn prepare(
    operation: &Operation,
    batch: NonZeroUsize,
    engine: &dyn LaneEngine,
    inputs: &Arc<Inputs>,
) -> Result<Option<Box<dyn Trial>>, BenchError> {
    let prepared = engine.prepare(operation, inputs)?;
    Ok(prepared.map(|prepared| Box::new(BatchTrial::new(prepared, batch)) as Box<dyn Trial>))
}

/// Random keys, as many as `operation` in batches of `batch` elements needs.
///
/// # Errors
///
/// [`BenchError::Library`] if aws-lc-rs fails.
pub fn inputs(operation: &Operation, batch: NonZeroUsize) -> Result<Arc<Inputs>, BenchError> {
    Ok(Arc::new(Inputs::random(operation.curve, elements(batch))?))
}

/// Measures `operation` on those of `engines` that have it, all with the same random
/// keys, in batches of `batch` elements.
///
/// # Errors
///
/// [`BenchError::Engine`] if an engine failed, or if one element of its results differs
/// from what aws-lc-rs computes.
pub fn measure(
    operation: &Operation,
    batch: NonZeroUsize,
    engines: &[Box<dyn LaneEngine>],
    plan: &Plan,
) -> Result<LaneMeasurement, BenchError> {
    compare(operation, batch, engines, plan, &inputs(operation, batch)?)
}

fn compare(
    operation: &Operation,
    batch: NonZeroUsize,
    engines: &[Box<dyn LaneEngine>],
    plan: &Plan,
    inputs: &Arc<Inputs>,
) -> Result<LaneMeasurement, BenchError> {
    let (mut contenders, mut clocks) = (Vec::new(), Vec::new());
    let mut unsupported = Vec::new();
    for engine in engines {
        let Some(trial) = prepare(operation, batch, engine.as_ref(), inputs)? else {
            unsupported.push(engine.name());
            continue;
        };
        let (readings, taken) = mpsc::channel();
        let trial = Box::new(Clocked { trial, readings });
        let elements = batch.get() as u64;
        let contender = Contender::new(engine.name(), operation.name, trial, elements)?;
        contenders.push(contender);
        clocks.push((engine.name(), taken));
    }
    Ok(LaneMeasurement {
        operation: operation.name,
        batch,
        engines: race(contenders, plan)?,
        gigahertz: clocks.into_iter().filter_map(median_reading).collect(),
        unsupported,
    })
}

/// The median of an engine's readings, which are complete when its trial is gone.
fn median_reading(
    (engine, taken): (&'static str, mpsc::Receiver<f64>),
) -> Option<(&'static str, f64)> {
    let readings: Vec<f64> = taken.iter().collect();
    Some((engine, median(&readings)?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        lanes::{OPERATIONS, engine::engines},
        statistics::Summary,
    };

    const ONCE: Plan = Plan {
        runs: 1,
        budget: Duration::from_secs(1),
    };

    /// Two vectors of the widest backend, the second almost empty.
    const BATCH: NonZeroUsize = NonZeroUsize::new(9).unwrap();

    /// Judges every engine with every operation that it has.
    fn for_every_engine(mut judge: impl FnMut(&Operation, Box<dyn LaneEngine>)) {
        for operation in OPERATIONS {
            for engine in engines() {
                let inputs = Arc::new(Inputs::random(operation.curve, 1).unwrap());
                if engine.prepare(operation, &inputs).unwrap().is_some() {
                    judge(operation, engine);
                }
            }
        }
    }

    #[test]
    fn one_wrong_element_ends_the_measurement_of_every_engine() {
        let mut caught = 0;
        for_every_engine(|operation, engine| {
            let engines = [engine];
            for wrong in [0, 7, 8] {
                let mut inputs = Inputs::random(operation.curve, BATCH.get()).unwrap();
                inputs.spoil(wrong);
                let result = compare(operation, BATCH, &engines, &ONCE, &Arc::new(inputs));
                let Err(BenchError::Engine {
                    engine,
                    scenario,
                    source,
                }) = result
                else {
                    panic!("{}: {result:?}", engines[0].name());
                };
                assert_eq!((engine, scenario), (engines[0].name(), operation.name));
                assert!(matches!(*source, BenchError::WrongResult(_)), "{source}");
                caught += 1;
            }
        });
        // Backends, aws-lc-rs and ring have six operations; the other two have two.
        let backends = engines().len() - 4;
        assert_eq!(caught, 3 * (6 * (backends + 2) + 2 * 2));
    }

    #[test]
    fn a_result_that_was_not_computed_is_no_result() {
        for_every_engine(|operation, engine| {
            let inputs = Arc::new(Inputs::random(operation.curve, 2).unwrap());
            let mut batch = engine.prepare(operation, &inputs).unwrap().unwrap();
            batch.set_up(2).unwrap();
            assert!(batch.verify(0..1).is_err(), "{}", engine.name());
            batch.compute(0..1).unwrap();
            assert!(batch.verify(0..2).is_err(), "{}", engine.name());
            batch.set_up(2).unwrap();
            batch.compute(0..2).unwrap();
            batch.verify(0..2).unwrap();
            assert!(
                batch.verify(0..2).is_err(),
                "{}: not forgotten",
                engine.name()
            );
        });
    }

    fn measured(engine: &'static str, median_us: f64) -> Measured {
        Measured {
            engine,
            threads: None,
            samples: vec![median_us],
            summary: Summary::of(&[median_us]).unwrap(),
        }
    }

    #[test]
    fn the_speedup_is_over_the_reference_and_absent_without_it() {
        let mut measurement = LaneMeasurement {
            operation: "x25519-agree",
            batch: NonZeroUsize::MIN,
            engines: vec![measured("avx2", 5.0), measured(REFERENCE, 20.0)],
            gigahertz: BTreeMap::new(),
            unsupported: vec![],
        };
        assert_eq!(measurement.speedup(&measurement.engines[0]), Some(4.0));
        assert_eq!(measurement.speedup(&measurement.engines[1]), Some(1.0));
        measurement.engines.pop();
        assert_eq!(measurement.speedup(&measurement.engines[0]), None);
    }

    #[test]
    fn cycles_go_by_the_engines_own_clock_and_the_limit_by_the_cycles() {
        let mut measurement = LaneMeasurement {
            operation: "x25519-agree",
            batch: NonZeroUsize::MIN,
            engines: vec![measured("avx512ifma", 5.0), measured(REFERENCE, 20.0)],
            gigahertz: BTreeMap::from([("avx512ifma", 3.0), (REFERENCE, 4.0)]),
            unsupported: vec![],
        };
        let [engine, reference] = [0, 1].map(|index| measurement.engines[index].clone());
        assert_eq!(measurement.cycles(&engine), Some(15_000.0));
        assert_eq!(measurement.cycles(&reference), Some(80_000.0));
        let limit = limit("avx512ifma", "x25519-agree").unwrap();
        assert_eq!(measurement.share_of_limit(&engine), Some(limit / 15_000.0));
        assert_eq!(measurement.share_of_limit(&reference), None);
        measurement.gigahertz.clear();
        assert_eq!(measurement.cycles(&engine), None);
        assert_eq!(measurement.share_of_limit(&engine), None);
    }
}
