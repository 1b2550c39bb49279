//! Measures one operation on batches of one length, engines in turn.

use std::{num::NonZeroUsize, sync::Arc};

use super::{
    Inputs, LaneEngine, Operation,
    batch::{BatchTrial, elements},
    engine::REFERENCE,
};
use crate::{
    BenchError,
    measure::{Contender, Measured, Plan, median_of, race},
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
    /// The names of the engines that lack the operation.
    pub unsupported: Vec<&'static str>,
}

impl LaneMeasurement {
    /// The reference engine's median by that of `measured`, `None` without one. Above
    /// 1, the reference is slower.
    pub fn speedup(&self, measured: &Measured) -> Option<f64> {
        Some(median_of(REFERENCE, &self.engines)? / measured.summary.median_us)
    }
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
    let inputs = Inputs::random(operation.curve, elements(batch))?;
    compare(operation, batch, engines, plan, &Arc::new(inputs))
}

fn compare(
    operation: &Operation,
    batch: NonZeroUsize,
    engines: &[Box<dyn LaneEngine>],
    plan: &Plan,
    inputs: &Arc<Inputs>,
) -> Result<LaneMeasurement, BenchError> {
    let mut contenders = Vec::new();
    let mut unsupported = Vec::new();
    for engine in engines {
        match engine.prepare(operation, inputs)? {
            Some(prepared) => {
                let trial = Box::new(BatchTrial::new(prepared, batch));
                let elements = batch.get() as u64;
                contenders.push(Contender::new(
                    engine.name(),
                    operation.name,
                    trial,
                    elements,
                )?);
            }
            None => unsupported.push(engine.name()),
        }
    }
    Ok(LaneMeasurement {
        operation: operation.name,
        batch,
        engines: race(contenders, plan)?,
        unsupported,
    })
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
        // Backends, aws-lc-rs and ring have four operations; the other two have two.
        let backends = engines().len() - 4;
        assert_eq!(caught, 3 * (4 * (backends + 2) + 2 * 2));
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
            summary: Summary::of(&[median_us]).unwrap(),
        }
    }

    #[test]
    fn the_speedup_is_over_the_reference_and_absent_without_it() {
        let mut measurement = LaneMeasurement {
            operation: "x25519-agree",
            batch: NonZeroUsize::MIN,
            engines: vec![measured("avx2", 5.0), measured(REFERENCE, 20.0)],
            unsupported: vec![],
        };
        assert_eq!(measurement.speedup(&measurement.engines[0]), Some(4.0));
        assert_eq!(measurement.speedup(&measurement.engines[1]), Some(1.0));
        measurement.engines.pop();
        assert_eq!(measurement.speedup(&measurement.engines[0]), None);
    }
}
