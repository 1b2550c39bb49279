//! A batch for libraries that know only single elements: one call after another.

use std::{hint::black_box, ops::Range};

use crate::{BenchError, lanes::Batch};

/// A loop of calls, each for one element.
struct Calls<T, C, V> {
    call: C,
    results: Vec<Option<T>>,
    verify: V,
}

/// A batch of `count` elements, each done by a `call` and judged by `verify`, both of
/// which are given its index.
pub(super) fn calls<T, C, V>(count: usize, call: C, verify: V) -> Box<dyn Batch>
where
    T: Send + 'static,
    C: Fn(usize) -> Result<T, BenchError> + Send + 'static,
    V: Fn(usize, T) -> Result<(), BenchError> + Send + 'static,
{
    Box::new(Calls {
        call,
        results: (0..count).map(|_| None).collect(),
        verify,
    })
}

impl<T, C, V> Batch for Calls<T, C, V>
where
    T: Send,
    C: Fn(usize) -> Result<T, BenchError> + Send,
    V: Fn(usize, T) -> Result<(), BenchError> + Send,
{
    fn compute(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        for index in elements {
            self.results[index] = Some(black_box((self.call)(black_box(index))?));
        }
        Ok(())
    }

    fn verify(&mut self, elements: Range<usize>) -> Result<(), BenchError> {
        for index in elements {
            let result = self.results[index].take();
            let result = result.ok_or(BenchError::WrongResult("an element was not computed"))?;
            (self.verify)(index, result)?;
        }
        Ok(())
    }
}
