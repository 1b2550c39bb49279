//! A batch as a trial: repeated, timed as a whole, every element verified afterwards.

use std::{
    num::NonZeroUsize,
    ops::Range,
    time::{Duration, Instant},
};

use crate::{BenchError, scenario::Trial};

/// An operation prepared on one engine and some inputs.
pub trait Batch: Send {
    /// Makes what computing `elements` elements will use up. Not timed.
    ///
    /// # Errors
    ///
    /// What the engine refused.
    fn set_up(&mut self, elements: usize) -> Result<(), BenchError> {
        let _ = elements;
        Ok(())
    }

    /// Does the work on these elements of the inputs, and keeps the results. Timed.
    ///
    /// # Errors
    ///
    /// What the engine refused.
    fn compute(&mut self, elements: Range<usize>) -> Result<(), BenchError>;

    /// Judges the results of all these elements, and forgets them. Not timed.
    ///
    /// # Errors
    ///
    /// [`BenchError::WrongResult`] if one is wrong or missing.
    fn verify(&mut self, elements: Range<usize>) -> Result<(), BenchError>;
}

/// The least number of elements that a trial takes in turn. As among the members of a
/// group, successive calls have different keys, so no engine gains by remembering.
const ELEMENTS: usize = 8;

/// Batches of `length` elements, taken in turn from inputs of [`elements`] elements.
pub(super) struct BatchTrial {
    batch: Box<dyn Batch>,
    length: NonZeroUsize,
}

impl BatchTrial {
    pub(super) fn new(batch: Box<dyn Batch>, length: NonZeroUsize) -> Self {
        Self { batch, length }
    }
}

/// How many elements of inputs batches of `length` need.
pub(super) fn elements(length: NonZeroUsize) -> usize {
    length.get() * rotation(length)
}

/// How many batches of `length` are taken in turn.
fn rotation(length: NonZeroUsize) -> usize {
    ELEMENTS.div_ceil(length.get())
}

impl Trial for BatchTrial {
    fn run(&mut self, iterations: u64) -> Result<Duration, BenchError> {
        let (iterations, length) = (iterations as usize, self.length.get());
        let rotation = rotation(self.length);
        self.batch.set_up(iterations * length)?;
        let start = Instant::now();
        for iteration in 0..iterations {
            let first = iteration % rotation * length;
            self.batch.compute(first..first + length)?;
        }
        let elapsed = start.elapsed();
        self.batch.verify(0..iterations.min(rotation) * length)?;
        Ok(elapsed)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Default)]
    struct Record {
        set_up: usize,
        computed: Vec<Range<usize>>,
        verified: Range<usize>,
    }

    impl Batch for Arc<Mutex<Record>> {
        fn set_up(&mut self, elements: usize) -> Result<(), BenchError> {
            self.lock().unwrap().set_up += elements;
            Ok(())
        }

        fn compute(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
            self.lock().unwrap().computed.push(elements);
            Ok(())
        }

        fn verify(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
            self.lock().unwrap().verified = elements;
            Ok(())
        }
    }

    fn run(length: usize, iterations: u64) -> Record {
        let record = Arc::new(Mutex::new(Record::default()));
        let batch: Box<dyn Batch> = Box::new(Arc::clone(&record));
        let length = NonZeroUsize::new(length).unwrap();
        BatchTrial::new(batch, length).run(iterations).unwrap();
        std::mem::take(&mut record.lock().unwrap())
    }

    #[test]
    fn short_batches_take_turns_and_all_their_elements_are_verified() {
        assert_eq!(elements(const { NonZeroUsize::new(3).unwrap() }), 9);
        let record = run(3, 4);
        assert_eq!(record.set_up, 12);
        assert_eq!(record.computed, [0..3, 3..6, 6..9, 0..3]);
        assert_eq!(record.verified, 0..9);
        assert_eq!(run(3, 2).verified, 0..6);
    }

    #[test]
    fn long_batches_need_no_others() {
        assert_eq!(elements(const { NonZeroUsize::new(64).unwrap() }), 64);
        let record = run(64, 2);
        assert_eq!(record.computed, [0..64, 0..64]);
        assert_eq!(record.verified, 0..64);
    }
}
